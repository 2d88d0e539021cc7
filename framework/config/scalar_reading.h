#pragma once

#include <functional>
#include <optional>
#include <string>

#include "roux/config/limits.h"
#include "roux/config/type.h"

// What the types of single values share.
namespace roux::config {

// A number within its field's limits, as a schema and a message write it: without a point where it
// has no fraction.
Value bound_value(long double bound);
std::string bound_text(long double bound);

// How a bound is written: numbers by bound_text, a duration with its unit.
using FormatBound = std::function<std::string(long double)>;

// "at least 1 and less than 5", or "".
std::string limits_text(const Limits& limits, const FormatBound& format);

// Refuses a number outside of its field's limits; says whether it lies within.
bool check_limits(long double number, const Value& value, const Reading& reading,
                  const FormatBound& format);

// Reads what is no text: `convert` gives the typed value, or nothing if it is of another kind.
template <typename T, typename Convert>
std::optional<T> convert_or_refuse(const Value& value, const Reading& reading,
                                   const std::string& noun, const Convert& convert) {
  const TomlView typed(value);
  if (typed) {
    if (std::optional<T> converted = convert(*typed)) return converted;
  }
  reading.refuse(typed.value_or(value), noun);
  return std::nullopt;
}

// The one object of a Type.
template <typename T>
const Type& single() {
  static const T type;
  return type;
}

}  // namespace roux::config
