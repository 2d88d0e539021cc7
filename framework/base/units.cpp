#include "roux/base/units.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <span>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

__extension__ using Wide = unsigned __int128;

// One unit's length in the smallest unit.
struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr std::uint64_t kSecond = 1'000'000'000;

// From large to small; the first of a size is the one that is printed.
constexpr std::array kDurationUnits{
    Unit{"d", 86'400 * kSecond}, Unit{"h", 3'600 * kSecond}, Unit{"min", 60 * kSecond},
    Unit{"m", 60 * kSecond},     Unit{"s", kSecond},         Unit{"sec", kSecond},
    Unit{"ms", 1'000'000},       Unit{"us", 1'000},          Unit{"ns", 1},
};

// Of the same length, the binary unit comes first: format_bytes prefers it.
constexpr std::array kByteUnits{
    Unit{"TiB", std::uint64_t{1} << 40},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GiB", std::uint64_t{1} << 30},
    Unit{"GB", 1'000'000'000},
    Unit{"MiB", std::uint64_t{1} << 20},
    Unit{"MB", 1'000'000},
    Unit{"KiB", std::uint64_t{1} << 10},
    Unit{"KB", 1'000},
    Unit{"B", 1},
};

// A decimal number, kept exact: digits / 10^places.
struct Decimal {
  Wide digits = 0;
  int places = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the digits at the start of `text`; false if there are none or more than can matter.
bool take_digits(std::string_view& text, Wide& digits, int& count) {
  constexpr Wide kTooMany = static_cast<Wide>(1) << 100;
  count = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    digits = digits * 10 + static_cast<unsigned>(text.front() - '0');
    if (digits > kTooMany) return false;
    ++count;
  }
  return count > 0;
}

std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  int count = 0;
  if (!take_digits(text, number.digits, count)) return std::nullopt;
  if (!text.starts_with('.')) return number;

  text.remove_prefix(1);
  if (!take_digits(text, number.digits, number.places)) return std::nullopt;
  for (; number.places > 0 && number.digits % 10 == 0; --number.places) number.digits /= 10;
  return number;
}

// The letters at the start of `text`, after spaces.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text = trim(text.substr(word.size()));
  return word;
}

// number × unit, if it is whole and at most `largest`.
std::optional<std::uint64_t> times(Decimal number, std::uint64_t unit, std::uint64_t largest) {
  Wide divisor = 1;
  for (int i = 0; i < number.places; ++i) {
    if (divisor > unit) return std::nullopt;  // more places than anybody writes on purpose
    divisor *= 10;
  }
  // Asked before the product is made, which then fits: (2^64 + unit) × 10 × unit < 2^128.
  if (number.digits / divisor > largest / unit) return std::nullopt;
  const Wide product = number.digits * unit;
  if (product % divisor != 0 || product / divisor > largest) return std::nullopt;
  return static_cast<std::uint64_t>(product / divisor);
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// `value` with one decimal below 10, none above: "2.3", "42".
std::string two_digits(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f" : "%.0f", value);
  std::string result = text.data();
  if (result.ends_with(".0")) result.resize(result.size() - 2);
  return result;
}

std::uint64_t magnitude(std::chrono::nanoseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  return duration.count() < 0 ? 0 - count : count;  // also right for the smallest of all
}

// "4 min 5 s": `count` small units, of which `ratio` make a large one.
std::string two_units(std::uint64_t count, std::uint64_t ratio, std::string_view large,
                      std::string_view small) {
  if (count % ratio == 0) return cat(count / ratio, " ", large);
  return cat(count / ratio, " ", large, " ", count % ratio, " ", small);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  constexpr auto kLargest =
      static_cast<std::uint64_t>(std::numeric_limits<std::chrono::nanoseconds::rep>::max());
  std::uint64_t total = 0;
  std::uint64_t last_unit = std::numeric_limits<std::uint64_t>::max();

  text = trim(text);
  do {
    const std::optional<Decimal> number = take_decimal(text);
    const std::string_view name = take_word(text);
    const auto* unit = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                                    [&](const Unit& each) { return each.name == name; });
    if (!number || unit == kDurationUnits.end() || unit->size >= last_unit) return std::nullopt;

    const std::optional<std::uint64_t> part = times(*number, unit->size, kLargest - total);
    if (!part) return std::nullopt;
    total += *part;
    last_unit = unit->size;
  } while (!text.empty());
  return std::chrono::nanoseconds(total);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";

  std::string text = duration.count() < 0 ? "-" : "";
  std::uint64_t rest = magnitude(duration);
  for (const Unit& unit : kDurationUnits) {
    if (rest >= unit.size) text += cat(rest / unit.size, unit.name);
    rest %= unit.size;
  }
  return text;
}

std::string approximate_duration(std::chrono::nanoseconds duration) {
  const std::string sign = duration.count() < 0 ? "-" : "";
  const auto count = static_cast<double>(magnitude(duration));
  if (count < 1e3) return cat(sign, count, " ns");
  if (count < 999.5e3) return cat(sign, two_digits(count / 1e3), " us");
  if (count < 999.5e6) return cat(sign, two_digits(count / 1e6), " ms");
  if (count < 59.5e9) return cat(sign, two_digits(count / 1e9), " s");

  const std::uint64_t seconds = (magnitude(duration) + kSecond / 2) / kSecond;
  if (seconds < 3'600) return sign + two_units(seconds, 60, "min", "s");
  const std::uint64_t minutes = (seconds + 30) / 60;
  if (minutes < 1'440) return sign + two_units(minutes, 60, "h", "min");
  return sign + two_units((minutes + 30) / 60, 24, "d", "h");
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  text = trim(text);
  const std::optional<Decimal> number = take_decimal(text);
  const std::string_view name = take_word(text);
  if (!number || !text.empty()) return std::nullopt;

  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  if (name.empty()) return times(*number, 1, kLargest);
  for (const Unit& unit : kByteUnits) {
    if (equal_in_any_case(name, unit.name)) return times(*number, unit.size, kLargest);
  }
  return std::nullopt;
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes == 0) return "0B";

  const Unit* best = &kByteUnits.back();
  for (const Unit& unit : kByteUnits) {
    if (bytes % unit.size == 0 && unit.size > best->size) best = &unit;
  }
  return cat(bytes / best->size, best->name);
}

std::string approximate_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 7> kNames{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= (unit == 0 ? 1024.0 : 1023.5); value /= 1024) ++unit;

  const int places = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f", places, value);
  std::string number = text.data();
  while (places > 0 && (number.ends_with('0') || number.ends_with('.'))) {
    const bool done = number.ends_with('.');
    number.pop_back();
    if (done) break;
  }
  return cat(number, " ", kNames.at(unit));
}

}  // namespace roux
