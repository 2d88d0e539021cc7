#include "gang/launcher/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <system_error>

#include "roux/base/error.h"

namespace roux::launcher {
namespace {

constexpr int kBacklog = 4096;  // thousands of ranks come at once

posix::Descriptor make_socket(int family, int flags = 0) {
  return posix::Descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

std::string meaning(int error) {
  return std::generic_category().message(error);
}

// Whether the connection that was begun comes about.
bool completes(int socket, std::chrono::milliseconds patience, std::string& problem) {
  pollfd waited = {socket, POLLOUT, 0};
  if (poll(&waited, 1, static_cast<int>(patience.count())) == 0) {
    problem = "no answer";
    return false;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) problem = meaning(error);
  return error == 0;
}

}  // namespace

posix::Descriptor listen_locally(std::uint16_t& port) {
  posix::Descriptor listener = make_socket(AF_INET);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!listener.is_open() || bind(listener.get(), generic, size) != 0 ||
      listen(listener.get(), kBacklog) != 0 || getsockname(listener.get(), generic, &size) != 0) {
    throw Error(cat("cannot listen on 127.0.0.1: ", meaning(errno)));
  }
  port = ntohs(address.sin_port);
  return listener;
}

posix::Descriptor listen_at(std::uint16_t port) {
  const int yes = 1;
  const int no = 0;
  posix::Descriptor listener = make_socket(AF_INET6);
  if (listener.is_open()) {
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_any;
    address.sin6_port = htons(port);
    if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        listen(listener.get(), kBacklog) == 0) {
      return listener;
    }
    if (errno == EADDRINUSE || errno == EACCES) {
      throw Error(cat("cannot listen on port ", port, ": ", meaning(errno)));
    }
  }
  listener = make_socket(AF_INET);  // a machine without IPv6
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (!listener.is_open() ||
      bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    throw Error(cat("cannot listen on port ", port, ": ", meaning(errno)));
  }
  return listener;
}

bool answers(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience,
             std::string& problem) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0) {
    problem = gai_strerror(error);
    return false;
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    const posix::Descriptor socket = make_socket(each->ai_family, SOCK_NONBLOCK);
    if (!socket.is_open()) continue;
    if (connect(socket.get(), each->ai_addr, each->ai_addrlen) == 0) return true;
    if (errno != EINPROGRESS) {
      problem = meaning(errno);
    } else if (completes(socket.get(), patience, problem)) {
      return true;
    }
  }
  return false;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return gethostname(name.data(), name.size()) == 0 ? name.data() : "?";
}

}  // namespace roux::launcher
