#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace roux::config {

// What a field allows beyond its type. Limits on numbers hold for every element of a list.
struct Limits {
  struct Bound {
    long double value = 0;  // holds every 64-bit integer; nanoseconds for a duration
    bool inclusive = true;
  };
  std::optional<Bound> lower;
  std::optional<Bound> upper;

  std::vector<std::string> choices;  // what a text may be; empty: anything
  bool required = false;             // must be given a value
  bool not_empty = false;            // texts and lists
  bool infinite = false;             // inf may stand; NaN never does

  // What a plain number counts in a duration field; unset: a unit must be written.
  std::optional<std::chrono::nanoseconds> bare_unit;
};

}  // namespace roux::config
