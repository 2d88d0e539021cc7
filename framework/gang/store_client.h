#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <string>

// What everything in this room that uses c10d needs, and c10d does not do.
namespace roux::gang {

// c10d tells of each failure on stderr with its stack, before it throws what says it all. Whoever
// wants to see it sets TORCH_CPP_LOG_LEVEL.
void quiet_c10d();

// What c10d says went wrong, without the lines of its stack, nor the place in its source.
std::string reason_of(const std::exception& error);

// A call of c10d's client waits for its answer without end. From now on those of this process that
// are connected to `port` fail over a cable that is cut: once what was sent has not arrived for so
// long, or nothing comes back.
void limit_silence(std::uint16_t port, std::chrono::milliseconds limit);

}  // namespace roux::gang
