#include "config/scalar_reading.h"

#include <cmath>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"

namespace roux::config {

Value bound_value(long double bound) {
  constexpr long double kWide = 0x1p63L;
  if (bound >= -kWide && bound < kWide && std::trunc(bound) == bound) {
    return default_value(static_cast<std::int64_t>(bound));
  }
  return default_value(static_cast<double>(bound));
}

std::string bound_text(long double bound) {
  return to_toml(bound_value(bound));
}

namespace {

bool within(long double number, const Limits& limits) {
  const auto& [lower, upper] = std::pair(limits.lower, limits.upper);
  const bool above = !lower || (lower->inclusive ? number >= lower->value : number > lower->value);
  const bool below = !upper || (upper->inclusive ? number <= upper->value : number < upper->value);
  return above && below;
}

}  // namespace

std::string limits_text(const Limits& limits, const FormatBound& format) {
  std::vector<std::string> parts;
  if (limits.lower) {
    parts.push_back(
        cat(limits.lower->inclusive ? "at least " : "more than ", format(limits.lower->value)));
  }
  if (limits.upper) {
    parts.push_back(
        cat(limits.upper->inclusive ? "at most " : "less than ", format(limits.upper->value)));
  }
  return join(parts, " and ");
}

bool check_limits(long double number, const Value& value, const Reading& reading,
                  const FormatBound& format) {
  if (within(number, reading.limits)) return true;
  reading.refuse(value, limits_text(reading.limits, format));
  return false;
}

}  // namespace roux::config
