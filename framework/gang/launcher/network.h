#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/posix.h"

namespace roux::launcher {

// A socket that listens, on this machine's own loopback at a free port. Its port is put into
// `port`. Throws Error.
posix::Descriptor listen_locally(std::uint16_t& port);

// A socket that listens at a port, on all addresses of this machine. Throws Error that names it.
posix::Descriptor listen_at(std::uint16_t port);

// Whether somebody takes a connection at host:port, within `patience`; else `problem` says why not.
bool answers(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience,
             std::string& problem);

std::string host_name();

}  // namespace roux::launcher
