#include "tokenizer/jinja/filters.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/filter_tables.h"
#include "tokenizer/jinja/json.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

using A = const Arguments&;
using R = Runtime&;
using V = const Value&;

Value abs(R runtime, V value, A) {
  if (value.is_float()) return std::abs(value.number());
  if (!value.is_integer()) throw Failure("abs is for numbers");
  return value.integer() < 0 ? operate(runtime, "-", std::int64_t{0}, value)
                             : Value(value.integer());
}

Value attr(R runtime, V value, A arguments) {
  const Bound bound("attr", arguments, {"name"}, 1);
  const std::string& name = bound.text(0).bytes;
  // A member, and never a key.
  if (value.dict() == nullptr) return member_of(runtime, value, name);
  auto method = find_method(value, name);
  if (method == nullptr)
    return Value::undefined(cat("'dict object' has no attribute '", name, "'"));
  return Value(std::move(method));
}

Value otherwise(R, V value, A arguments) {
  const Bound bound("default", arguments, {"default_value", "boolean"});
  const bool replaced = value.is_undefined() || (bound.truth(1, false) && !is_true(value));
  if (!replaced) return value;
  return bound.find(0) == nullptr ? Value("") : bound.get(0);
}

// As float() reads a text; nullopt if it does not.
std::optional<double> read_float(std::string_view text) {
  text = strip_left(strip_right(text));
  const bool plus = text.starts_with('+') && !text.starts_with("+-");
  if (plus) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_integer(std::string_view text, std::int64_t base) {
  text = strip_left(strip_right(text));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '-') return std::nullopt;
  const auto prefix = text.substr(0, 2);
  if ((base == 16 && (prefix == "0x" || prefix == "0X")) ||
      (base == 8 && (prefix == "0o" || prefix == "0O")) ||
      (base == 2 && (prefix == "0b" || prefix == "0B"))) {
    text.remove_prefix(2);
  }
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, static_cast<int>(base));
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

Value to_float(R, V value, A arguments) {
  const Bound bound("float", arguments, {"default"});
  if (value.is_number()) return value.number();
  if (value.text() != nullptr) {
    if (const auto number = read_float(value.text()->bytes)) return *number;
  }
  return bound.find(0) == nullptr ? Value(0.0) : bound.get(0);
}

Value to_int(R, V value, A arguments) {
  const Bound bound("int", arguments, {"default", "base"});
  const Value fallback = bound.find(0) == nullptr ? Value(std::int64_t{0}) : bound.get(0);
  const std::int64_t base = bound.integer(1, 10);
  if (base < 2 || base > 36) throw Failure("the base of an integer must be from 2 to 36");
  if (value.is_integer()) return value.integer();
  std::optional<double> number;
  if (value.is_float()) number = value.number();
  if (const Text* text = value.text()) {
    if (const auto integer = read_integer(text->bytes, base)) return *integer;
    number = read_float(text->bytes);
  }
  if (!number || !(std::abs(*number) < 9e18)) return fallback;
  return static_cast<std::int64_t>(*number);
}

Value round(R, V value, A arguments) {
  const Bound bound("round", arguments, {"precision", "method"});
  const std::int64_t precision = bound.integer(0, 0);
  const std::string method = bound.find(1) == nullptr ? "common" : bound.text(1).bytes;
  if (!value.is_number()) throw Failure("round is for numbers");
  if (precision < -300 || precision > 300)
    throw Failure("round: 'precision' must be from -300 to 300");
  const double scale = std::pow(10.0, static_cast<double>(precision));
  if (method == "ceil") return std::ceil(value.number() * scale) / scale;
  if (method == "floor") return std::floor(value.number() * scale) / scale;
  if (method != "common") {
    throw Failure(cat("round: 'method' must be common, ceil or floor, but is ", method));
  }
  if (value.is_integer() && precision >= 0) return value;
  if (precision < 0) {
    const double rounded = std::nearbyint(value.number() * scale) / scale;
    if (value.is_integer()) return static_cast<std::int64_t>(std::nearbyint(rounded));
    return rounded;
  }
  // As Python does: by the decimal digits, not by a product that is rounded already.
  std::array<char, 700> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.number(),
                                 std::chars_format::fixed, static_cast<int>(precision))
                       .ptr;
  double result = value.number();
  std::from_chars(buffer.data(), end, result);
  return result;
}

Value tojson(R runtime, V value, A arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii = bound.truth(0, false);
  style.sort_keys = bound.truth(3, false);
  if (bound.find(1) != nullptr && !bound.get(1).is_none()) {
    style.indented = true;
    style.item_separator = ",";
    if (bound.get(1).text() != nullptr) {
      style.indent = bound.text(1).bytes;
    } else {
      const std::int64_t width = bound.integer(1, 0);
      if (width > 100) throw Failure("tojson: 'indent' must be at most 100");
      style.indent = std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, width)), ' ');
    }
  }
  if (bound.find(2) != nullptr && !bound.get(2).is_none()) {
    const std::vector<Value> both = iterate(bound.get(2));
    if (both.size() != 2) throw Failure("tojson: 'separators' must be two texts");
    style.item_separator = to_text(both[0]).bytes;
    style.key_separator = to_text(both[1]).bytes;
  }
  Text text = to_json(value, style);
  runtime.charge_text(text.bytes.size());
  return text;
}

constexpr std::array kFilters = {
    Filter{"abs", abs},           Filter{"attr", attr},      Filter{"d", otherwise},
    Filter{"default", otherwise}, Filter{"float", to_float}, Filter{"int", to_int},
    Filter{"round", round},       Filter{"tojson", tojson},
};

}  // namespace

Text text_of(Runtime& runtime, const Value& value) {
  Text text = to_text(value);
  runtime.charge_text(text.bytes.size());
  return text;
}

const Filter* find_filter(std::string_view name) {
  for (const std::span<const Filter> table :
       {std::span<const Filter>(kFilters), text_filters(), sequence_filters()}) {
    for (const Filter& each : table) {
      if (each.name == name) return &each;
    }
  }
  return nullptr;
}

}  // namespace roux::jinja
