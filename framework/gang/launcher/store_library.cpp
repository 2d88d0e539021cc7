// libroux_store.so: c10d's TCPStore for the launcher.
#include <c10/util/Flags.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "gang/launcher/store.h"

C10_DECLARE_int(caffe2_log_level);

namespace roux::launcher {
namespace {

constexpr int kErrors = 2;  // of glog's levels

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string text_of(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

c10d::TCPStoreOptions options_for(const StoreAddress& address) {
  c10d::TCPStoreOptions options;
  options.port = address.port;
  options.isServer = address.listener >= 0;
  // The store closes what it is given.
  if (options.isServer) options.masterListenFd = fcntl(address.listener, F_DUPFD_CLOEXEC, 3);
  options.waitWorkers = false;
  options.timeout = address.timeout;
  return options;
}

// A call of c10d's client waits for its answer without end. Over a cable that is cut it shall fail:
// once what was sent has not arrived for so long, or once nothing comes back. Its socket is known
// by whom it is connected to.
void limit_silence(const StoreAddress& address) {
  constexpr int kMostDescriptors = 1024;
  for (int descriptor = 3; descriptor < kMostDescriptors; ++descriptor) {
    sockaddr_in6 peer = {};  // the larger of the two kinds; the port lies at the same place
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if ((peer.sin6_family != AF_INET && peer.sin6_family != AF_INET6) ||
        ntohs(peer.sin6_port) != address.port) {
      continue;
    }
    const auto set = [&](int level, int option, int value) {
      setsockopt(descriptor, level, option, &value, sizeof value);
    };
    const auto milliseconds = static_cast<int>(address.timeout.count());
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, milliseconds);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, std::max(1, milliseconds / 3000));
    set(IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, milliseconds / 3000));
    set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  }
}

class TcpStore final : public Store {
 public:
  explicit TcpStore(const StoreAddress& address) : store_(address.host, options_for(address)) {
    limit_silence(address);
  }

  void set(const std::string& key, const std::string& value) override {
    store_.set(key, bytes_of(value));
  }

  std::optional<std::string> get(const std::string& key) override {
    if (!store_.check({key})) return std::nullopt;  // get() would wait for it
    return text_of(store_.get(key));
  }

  std::int64_t add(const std::string& key, std::int64_t amount) override {
    return store_.add(key, amount);
  }

  std::string set_if_new(const std::string& key, const std::string& value) override {
    return text_of(store_.compareSet(key, {}, bytes_of(value)));
  }

 private:
  c10d::TCPStore store_;
};

}  // namespace
}  // namespace roux::launcher

extern "C" roux::launcher::Store* roux_open_store(const roux::launcher::StoreAddress& address) {
  // What LibTorch would warn of is told in the launcher's words.
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr)
    FLAGS_caffe2_log_level = roux::launcher::kErrors;
  return new roux::launcher::TcpStore(address);
}
