#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace roux {

// Something that took time in a thread; what it called lies within it.
struct TimedCall {
  std::string name;
  std::uint64_t thread = 0;
  std::uint64_t begin = 0;  // nanoseconds
  std::uint64_t end = 0;
};

// All calls of one name.
struct TimedName {
  std::string name;
  std::int64_t calls = 0;
  std::uint64_t own = 0;  // nanoseconds, without what it called
  std::uint64_t all = 0;  // with it; of a call within one of the same name, once
};

// By their own time, the longest first.
std::vector<TimedName> times_by_name(std::span<const TimedCall> calls);

// Columns for people, the first `most` names: of the share of all own time, the calls, and the
// time of one.
std::string time_table(std::span<const TimedName> names, std::size_t most);

}  // namespace roux
