#include "data/json_string.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace roux::data {
namespace {

// The four digits of \uXXXX.
std::optional<std::uint32_t> hexadecimal(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return value;
}

void append_utf8(std::uint32_t code, std::string& text) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    const char bytes[] = {static_cast<char>(0xc0 | (code >> 6)), tail(0)};
    text.append(bytes, sizeof(bytes));
  } else if (code < 0x10000) {
    const char bytes[] = {static_cast<char>(0xe0 | (code >> 12)), tail(6), tail(0)};
    text.append(bytes, sizeof(bytes));
  } else {
    const char bytes[] = {static_cast<char>(0xf0 | (code >> 18)), tail(12), tail(6), tail(0)};
    text.append(bytes, sizeof(bytes));
  }
}

// Takes a character from behind its \u; false for half of a surrogate pair.
bool take_code(std::string_view& rest, std::string& text) {
  const auto first = hexadecimal(rest);
  if (!first) return false;
  rest.remove_prefix(4);
  if ((*first & 0xf800) != 0xd800) {
    append_utf8(*first, text);
    return true;
  }
  if (*first >= 0xdc00 || !rest.starts_with("\\u")) return false;
  const auto second = hexadecimal(rest.substr(2));
  if (!second || (*second & 0xfc00) != 0xdc00) return false;
  rest.remove_prefix(6);
  append_utf8(0x10000 + ((*first & 0x3ff) << 10) + (*second & 0x3ff), text);
  return true;
}

char escaped(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

const char* append_json_string(std::string_view quoted, std::string& text) {
  text.reserve(text.size() + quoted.size());
  while (!quoted.empty()) {
    const std::size_t plain = quoted.find('\\');
    text.append(quoted.substr(0, plain));
    if (plain == std::string_view::npos) break;
    quoted.remove_prefix(plain);
    const char* const escape = quoted.data();
    const char letter = quoted.size() > 1 ? quoted[1] : '\0';
    quoted.remove_prefix(letter == '\0' ? 1 : 2);
    if (letter == 'u') {
      if (!take_code(quoted, text)) return escape;
    } else {
      const char character = escaped(letter);
      if (character == 0) return escape;
      text += character;
    }
  }
  return nullptr;
}

}  // namespace roux::data
