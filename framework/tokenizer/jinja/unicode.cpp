#include "tokenizer/jinja/unicode.h"

#include <algorithm>

#include "tokenizer/jinja/case_table.h"

namespace roux::jinja {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) >= 0x80U; });
}

bool contains(std::string_view characters, char32_t value) {
  for (std::size_t at = 0; at < characters.size();) {
    const CodePoint each = code_point_at(characters, at);
    if (each.value == value) return true;
    at += each.size;
  }
  return false;
}

bool is_stripped(std::string_view characters, char32_t value) {
  return characters.empty() ? is_space(value) : contains(characters, value);
}

}  // namespace

CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const char32_t first = byte(0);
  const std::size_t size = first < 0x80U   ? 1
                           : first < 0xC2U ? 0
                           : first < 0xE0U ? 2
                           : first < 0xF0U ? 3
                           : first < 0xF5U ? 4
                                           : 0;
  if (size == 1) return {first, 1};
  // A byte alone stands for itself, beyond all characters.
  if (size == 0 || at + size > text.size()) return {0x110000U + first, 1};
  char32_t value = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_continuation(text[at + i])) return {0x110000U + first, 1};
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  return {value, size};
}

CodePoint code_point_before(std::string_view text, std::size_t end) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, end); ++size) {
    if (is_continuation(text[end - size])) continue;
    const CodePoint found = code_point_at(text, end - size);
    if (found.size == size) return found;
    break;
  }
  return {0x110000U + static_cast<unsigned char>(text[end - 1]), 1};
}

void append_utf8(std::string& text, char32_t value) {
  const auto add = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (value >= 0x110000U) {
    add(value - 0x110000U);
  } else if (value < 0x80U) {
    add(value);
  } else if (value < 0x800U) {
    add(0xC0U | (value >> 6U));
    add(0x80U | (value & 0x3FU));
  } else if (value < 0x10000U) {
    add(0xE0U | (value >> 12U));
    add(0x80U | ((value >> 6U) & 0x3FU));
    add(0x80U | (value & 0x3FU));
  } else {
    add(0xF0U | (value >> 18U));
    add(0x80U | ((value >> 12U) & 0x3FU));
    add(0x80U | ((value >> 6U) & 0x3FU));
    add(0x80U | (value & 0x3FU));
  }
}

std::size_t length_of(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += code_point_at(text, at).size;
  return count;
}

std::size_t offset_of(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += code_point_at(text, at).size;
  return at;
}

bool is_space(char32_t value) {
  return (value >= 0x09U && value <= 0x0DU) || (value >= 0x1CU && value <= 0x20U) ||
         value == 0x85U || value == 0xA0U || value == 0x1680U ||
         (value >= 0x2000U && value <= 0x200AU) || value == 0x2028U || value == 0x2029U ||
         value == 0x202FU || value == 0x205FU || value == 0x3000U;
}

bool is_alpha(char32_t value) {
  if (value < 0x80U) return (value | 0x20U) >= 'a' && (value | 0x20U) <= 'z';
  if (to_upper(value) != value || to_lower(value) != value) return true;
  return value == 0xDFU ||
         (value >= 0x250U && value < 0x110000U && !is_space(value) &&
          !(value >= 0x2000U && value < 0x2C00U) && !(value >= 0x3000U && value <= 0x3004U) &&
          !(value >= 0x3007U && value <= 0x3030U) && value < 0xFB00U);
}

bool is_printable(char32_t value) {
  return !(value < 0x20U || (value >= 0x7FU && value <= 0xA0U) || value == 0xADU ||
           (value != 0x20U && is_space(value)) || (value >= 0x200BU && value <= 0x200FU) ||
           (value >= 0x202AU && value <= 0x202EU) || (value >= 0x2060U && value <= 0x206FU) ||
           (value >= 0xD800U && value <= 0xF8FFU) || value == 0xFEFFU || value >= 0xE0000U);
}

char32_t to_upper(char32_t value) {
  if (value < 0x80U) return value >= 'a' && value <= 'z' ? value - 0x20U : value;
  for (const CaseRun& run : kCaseRuns) {
    if (value >= run.first && value <= run.last && (value - run.first) % run.stride == 0) {
      return static_cast<char32_t>(static_cast<std::int32_t>(value) + run.to_upper);
    }
  }
  return value;
}

char32_t to_lower(char32_t value) {
  if (value < 0x80U) return value >= 'A' && value <= 'Z' ? value + 0x20U : value;
  for (const CaseRun& run : kCaseRuns) {
    const auto lower = static_cast<char32_t>(static_cast<std::int32_t>(value) - run.to_upper);
    if (lower >= run.first && lower <= run.last && (lower - run.first) % run.stride == 0) {
      return lower;
    }
  }
  return value;
}

std::string upper(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint each = code_point_at(text, at);
    if (each.value == 0xDFU) {
      result += "SS";
    } else {
      append_utf8(result, to_upper(each.value));
    }
    at += each.size;
  }
  return result;
}

std::string lower(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint each = code_point_at(text, at);
    append_utf8(result, to_lower(each.value));
    at += each.size;
  }
  return result;
}

std::string capitalize(std::string_view text) {
  if (text.empty()) return "";
  const CodePoint first = code_point_at(text, 0);
  std::string result;
  append_utf8(result, to_upper(first.value));
  return result + lower(text.substr(first.size));
}

std::string_view strip_left(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    const CodePoint each = code_point_at(text, 0);
    if (!is_stripped(characters, each.value)) break;
    text.remove_prefix(each.size);
  }
  return text;
}

std::string_view strip_right(std::string_view text, std::string_view characters) {
  while (!text.empty()) {
    const CodePoint each = code_point_before(text, text.size());
    if (!is_stripped(characters, each.value)) break;
    text.remove_suffix(each.size);
  }
  return text;
}

}  // namespace roux::jinja
