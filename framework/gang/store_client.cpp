#include "gang/store_client.h"

#include <c10/util/Flags.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

C10_DECLARE_int(caffe2_log_level);

namespace roux::gang {

void quiet_c10d() {
  constexpr int kFatal = 3;  // of glog's levels
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = kFatal;
}

std::string reason_of(const std::exception& error) {
  const std::string_view all = error.what();
  const std::string_view line = all.substr(0, all.find('\n'));
  const std::size_t place = line.starts_with("[/") ? line.find("] ") : std::string_view::npos;
  return std::string(place == std::string_view::npos ? line : line.substr(place + 2));
}

void limit_silence(std::uint16_t port, std::chrono::milliseconds limit) {
  // A client's socket is known by whom it is connected to: c10d doesn't give it away.
  constexpr int kMostDescriptors = 1024;
  for (int descriptor = 3; descriptor < kMostDescriptors; ++descriptor) {
    sockaddr_in6 peer = {};  // the larger of the two kinds; the port lies at the same place
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if ((peer.sin6_family != AF_INET && peer.sin6_family != AF_INET6) ||
        ntohs(peer.sin6_port) != port) {
      continue;
    }
    const auto set = [&](int level, int option, int value) {
      setsockopt(descriptor, level, option, &value, sizeof value);
    };
    const auto milliseconds = static_cast<int>(limit.count());
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, std::max(1, milliseconds / 3000));
    set(IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, milliseconds / 3000));
    set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  }
}

}  // namespace roux::gang
