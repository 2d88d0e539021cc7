#include "tokenizer/jinja/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

#include "roux/base/error.h"
#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

constexpr std::size_t kMostDigits = 100'000;

// [[fill]align][sign][0][width][,][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = '\0';
  char sign = '-';
  bool zero = false;
  std::size_t width = 0;
  bool comma = false;
  std::optional<std::size_t> precision;
  char type = '\0';
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t read_number(std::string_view text, std::size_t& at) {
  std::size_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    value = value * 10 + static_cast<std::size_t>(text[at] - '0');
    if (value > kMostDigits) throw Failure(cat("a width or precision beyond ", kMostDigits));
  }
  return value;
}

Spec parse_spec(std::string_view text) {
  Spec spec;
  std::size_t at = 0;
  const auto is_align = [&](std::size_t i) {
    return i < text.size() &&
           (text[i] == '<' || text[i] == '>' || text[i] == '^' || text[i] == '=');
  };
  if (!text.empty()) {
    const std::size_t size = code_point_at(text, 0).size;
    if (is_align(size)) {
      spec.fill = std::string(text.substr(0, size));
      spec.align = text[size];
      at = size + 1;
    } else if (is_align(0)) {
      spec.align = text[0];
      at = 1;
    }
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' ')) {
    spec.sign = text[at++];
  }
  if (at < text.size() && text[at] == '0') {
    spec.zero = true;
    ++at;
  }
  spec.width = read_number(text, at);
  if (at < text.size() && text[at] == ',') {
    spec.comma = true;
    ++at;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    spec.precision = read_number(text, at);
  }
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) throw Failure(cat("'", text, "' is no format that is known"));
  return spec;
}

Text padded(Runtime& runtime, const Text& text, const Spec& spec, char otherwise) {
  const std::size_t size = length_of(text.bytes);
  if (size >= spec.width) return text;
  const std::size_t missing = spec.width - size;
  runtime.charge_text(missing * spec.fill.size());
  const char align = spec.align == '\0' ? otherwise : spec.align;
  const std::size_t before = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  Text result;
  for (std::size_t i = 0; i < before; ++i) result.append(spec.fill);
  result.append(text);
  for (std::size_t i = before; i < missing; ++i) result.append(spec.fill);
  return result;
}

std::string with_commas(const std::string& digits) {
  const std::size_t end = std::min(digits.find('.'), digits.size());
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i < end && (end - i) % 3 == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string print_float(double value, char type, std::size_t precision) {
  const std::array<char, 6> format = {'%', '.', '*', type, '\0', '\0'};
  std::string text(400 + precision, '\0');
  const int size =
      std::snprintf(text.data(), text.size(), format.data(), static_cast<int>(precision), value);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string magnitude(const Value& value, const Spec& spec) {
  const char type = spec.type;
  const bool is_float_type = type == 'f' || type == 'F' || type == 'e' || type == 'E' ||
                             type == 'g' || type == 'G' || type == '%';
  if (value.is_float() || is_float_type) {
    const double number = std::abs(value.number());
    if (type == '%') return print_float(number * 100, 'f', spec.precision.value_or(6)) + "%";
    if (is_float_type) return print_float(number, type, spec.precision.value_or(6));
    if (type == '\0' && !spec.precision) return float_repr(number);
    throw Failure(cat("a float has no format '", std::string(1, type), "'"));
  }
  const std::int64_t integer = value.integer();
  const auto bits = static_cast<std::uint64_t>(integer);
  const std::uint64_t number = integer < 0 ? 0 - bits : bits;
  if (type == '\0' || type == 'd' || type == 'i' || type == 'u') return std::to_string(number);
  const unsigned base = type == 'x' || type == 'X' ? 16 : type == 'o' ? 8 : type == 'b' ? 2 : 0;
  if (base == 0) throw Failure(cat("an integer has no format '", std::string(1, type), "'"));
  const std::string_view letters = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string digits;
  for (std::uint64_t rest = number; rest > 0 || digits.empty(); rest /= base) {
    digits.insert(digits.begin(), letters[rest % base]);
  }
  return digits;
}

Text format_number(Runtime& runtime, const Value& value, const Spec& spec) {
  std::string digits = magnitude(value, spec);
  if (spec.comma) digits = with_commas(digits);
  const bool negative = value.is_float() ? std::signbit(value.number()) : value.integer() < 0;
  const std::string sign = negative ? "-" : spec.sign == '-' ? "" : std::string(1, spec.sign);
  if ((spec.zero && spec.align == '\0') || spec.align == '=') {
    Spec inner = spec;
    inner.fill = spec.zero ? "0" : spec.fill;
    inner.align = '>';
    inner.width = spec.width > sign.size() ? spec.width - sign.size() : 0;
    return {sign + padded(runtime, {digits, {}}, inner, '>').bytes, {}};
  }
  return padded(runtime, {sign + digits, {}}, spec, '>');
}

Text format_text(Runtime& runtime, const Text& text, const Spec& spec, char align) {
  if (!spec.precision) return padded(runtime, text, spec, align);
  return padded(runtime, text.slice(0, offset_of(text.bytes, *spec.precision)), spec, align);
}

// What `{…}` in a format names: "0.role", "name[key]", "".
Value field_of(Runtime& runtime, std::string_view field, const Arguments& arguments,
               std::size_t& next) {
  std::size_t at = 0;
  while (at < field.size() && field[at] != '.' && field[at] != '[') ++at;
  const std::string_view name = field.substr(0, at);
  Value value;
  if (name.empty() || is_digit(name.front())) {
    std::size_t digits = 0;
    const std::size_t index = name.empty() ? next++ : read_number(name, digits);
    if (digits != name.size()) throw Failure(cat("'", name, "' names no argument"));
    if (index >= arguments.positional.size()) {
      throw Failure(cat("the format asks for argument ", index, ", but there are ",
                        arguments.positional.size()));
    }
    value = arguments.positional[index];
  } else {
    const Value* found = nullptr;
    for (const auto& [each, given] : arguments.named) {
      if (each == name) found = &given;
    }
    if (found == nullptr)
      throw Failure(cat("the format asks for '", name, "', which is not given"));
    value = *found;
  }
  while (at < field.size()) {
    const bool item = field[at] == '[';
    const std::size_t end = item ? field.find(']', at) : field.find_first_of(".[", at + 1);
    if (item && end == std::string_view::npos) throw Failure("a '[' without ']' in a format");
    const std::string_view key = field.substr(at + 1, std::min(end, field.size()) - at - 1);
    if (item && !key.empty() && is_digit(key.front())) {
      std::size_t digits = 0;
      value = item_of(runtime, value, Value::of_size(read_number(key, digits)));
    } else {
      value = item ? item_of(runtime, value, std::string(key)) : member_of(runtime, value, key);
    }
    at = std::min(end, field.size()) + (item ? 1 : 0);
  }
  return value;
}

}  // namespace

Text percent_format(Runtime& runtime, const Text& format, const Arguments& arguments) {
  const std::string& bytes = format.bytes;
  Text result;
  std::size_t next = 0;
  std::size_t start = 0;
  const bool by_name =
      arguments.positional.size() == 1 && arguments.positional[0].dict() != nullptr;
  for (std::size_t at = bytes.find('%'); at != std::string::npos; at = bytes.find('%', start)) {
    result.append(format.slice(start, at));
    ++at;
    if (at < bytes.size() && bytes[at] == '%') {
      result.append("%");
      start = at + 1;
      continue;
    }
    Value value;
    bool named = false;
    if (at < bytes.size() && bytes[at] == '(') {
      const std::size_t end = bytes.find(')', at);
      if (end == std::string::npos) throw Failure("a '%(' without ')' in a format");
      const std::string name = bytes.substr(at + 1, end - at - 1);
      named = true;
      const Value* found =
          by_name ? arguments.positional[0].dict()->find(std::string_view(name)) : nullptr;
      for (const auto& [each, given] : arguments.named) {
        if (each == name) found = &given;
      }
      if (found == nullptr)
        throw Failure(cat("the format asks for '", name, "', which is not given"));
      value = *found;
      at = end + 1;
    }
    Spec spec;
    bool left = false;
    for (; at < bytes.size() && std::string_view("-+ 0#").find(bytes[at]) != std::string_view::npos;
         ++at) {
      if (bytes[at] == '-') left = true;
      if (bytes[at] == '+' || bytes[at] == ' ') spec.sign = bytes[at];
      if (bytes[at] == '0') spec.zero = true;
    }
    if (left) spec.align = '<';
    spec.width = read_number(bytes, at);
    if (at < bytes.size() && bytes[at] == '.') {
      ++at;
      spec.precision = read_number(bytes, at);
    }
    if (at >= bytes.size()) throw Failure("a format ends within a '%'");
    spec.type = bytes[at];
    start = at + 1;
    if (!named) {
      if (next >= arguments.positional.size()) throw Failure("too few values for the format");
      value = arguments.positional[next++];
    }
    if (spec.type == 's' || spec.type == 'r') {
      result.append(
          format_text(runtime, spec.type == 's' ? to_text(value) : to_repr(value), spec, '>'));
    } else if (!value.is_number()) {
      throw Failure(cat("'%", std::string(1, spec.type),
                        "' needs a number, but is given a value of type '", type_name(value), "'"));
    } else {
      const bool whole = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
      if (whole && value.is_float()) {
        if (!(std::abs(value.number()) < 9e18)) throw Failure("'%d' of a number beyond 64 bits");
        value = static_cast<std::int64_t>(value.number());
      }
      if (whole || spec.type == 'x' || spec.type == 'X' || spec.type == 'o') spec.precision.reset();
      result.append(format_number(runtime, value, spec));
    }
    runtime.charge_text(result.bytes.size());
  }
  if (next < arguments.positional.size() && !by_name) {
    throw Failure("not all values are used by the format");
  }
  result.append(format.slice(start, bytes.size()));
  return result;
}

Text brace_format(Runtime& runtime, const Text& format, const Arguments& arguments) {
  const std::string& bytes = format.bytes;
  Text result;
  std::size_t next = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t brace = bytes.find_first_of("{}", at);
    result.append(format.slice(at, std::min(brace, bytes.size())));
    if (brace == std::string::npos) break;
    if (brace + 1 < bytes.size() && bytes[brace + 1] == bytes[brace]) {
      result.append(std::string_view(bytes).substr(brace, 1));
      at = brace + 2;
      continue;
    }
    const std::size_t end = bytes.find_first_of("{}", brace + 1);
    if (bytes[brace] == '}' || end == std::string::npos || bytes[end] == '{') {
      throw Failure("a single brace, or one within another, in a format");
    }
    std::string_view field = std::string_view(bytes).substr(brace + 1, end - brace - 1);
    const std::size_t colon = field.find(':');
    const Spec spec = parse_spec(colon == std::string_view::npos ? "" : field.substr(colon + 1));
    field = field.substr(0, colon);
    const std::size_t bang = field.find('!');
    Value value = field_of(runtime, field.substr(0, bang), arguments, next);
    if (bang != std::string_view::npos) {
      value = field.substr(bang + 1) == "r" ? Value(to_repr(value)) : Value(to_text(value));
    }
    if (value.is_number() && !(value.is_bool() && spec.type == '\0')) {
      result.append(format_number(runtime, value, spec));
    } else {
      if (spec.type != '\0' && spec.type != 's') {
        throw Failure(cat("a value of type '", type_name(value), "' has no format '",
                          std::string(1, spec.type), "'"));
      }
      result.append(format_text(runtime, to_text(value), spec, '<'));
    }
    runtime.charge_text(result.bytes.size());
    at = end + 1;
  }
  return result;
}

}  // namespace roux::jinja
