#include "tokenizer/jinja/text_operations.h"

#include <algorithm>

#include "tokenizer/jinja/failure.h"
#include "tokenizer/jinja/unicode.h"

namespace roux::jinja {
namespace {

bool ends_line(char32_t value) {
  return (value >= 0x0AU && value <= 0x0DU) || (value >= 0x1CU && value <= 0x1EU) ||
         value == 0x85U || value == 0x2028U || value == 0x2029U;
}

std::vector<Value> split_at_space(const Text& text, std::int64_t count) {
  std::vector<Value> parts;
  std::string_view rest = strip_left(text.bytes);
  while (!rest.empty()) {
    if (count >= 0 && static_cast<std::int64_t>(parts.size()) == count) {
      parts.emplace_back(text.slice(rest));
      break;
    }
    std::size_t end = 0;
    while (end < rest.size()) {
      const CodePoint each = code_point_at(rest, end);
      if (is_space(each.value)) break;
      end += each.size;
    }
    parts.emplace_back(text.slice(rest.substr(0, end)));
    rest = strip_left(rest.substr(end));
  }
  return parts;
}

std::vector<Value> split_at_space_from_right(const Text& text, std::int64_t count) {
  std::vector<Value> parts;
  std::string_view rest = strip_right(text.bytes);
  while (!rest.empty()) {
    if (count >= 0 && static_cast<std::int64_t>(parts.size()) == count) {
      parts.emplace_back(text.slice(rest));
      break;
    }
    std::size_t begin = rest.size();
    while (begin > 0) {
      const CodePoint each = code_point_before(rest, begin);
      if (is_space(each.value)) break;
      begin -= each.size;
    }
    parts.emplace_back(text.slice(rest.substr(begin)));
    rest = strip_right(rest.substr(0, begin));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

Text replace_all(const Text& text, const Text& from, const Text& to, std::int64_t count) {
  Text result;
  std::size_t start = 0;
  const auto put = [&](std::size_t begin, std::size_t end) {
    // What takes the place of a marked piece is of its origin.
    const Text piece = text.slice(begin, end);
    result.append(piece.marks.empty() ? to : piece.made_into(to.bytes));
  };
  if (from.bytes.empty()) {
    // Between all characters, and at both ends.
    for (; count != 0; --count) {
      result.append(to);
      if (start == text.bytes.size()) return result;
      const std::size_t size = code_point_at(text.bytes, start).size;
      result.append(text.slice(start, start + size));
      start += size;
    }
  } else {
    for (std::size_t at = text.bytes.find(from.bytes); at != std::string::npos && count != 0;
         at = text.bytes.find(from.bytes, start), --count) {
      if (at > start) result.append(text.slice(start, at));
      put(at, at + from.bytes.size());
      start = at + from.bytes.size();
    }
  }
  if (start < text.bytes.size() || start == 0) result.append(text.slice(start, text.bytes.size()));
  return result;
}

std::vector<Value> split_text(const Text& text, const Text* separator, std::int64_t count) {
  if (separator == nullptr) return split_at_space(text, count);
  if (separator->bytes.empty()) throw Failure("an empty separator");
  std::vector<Value> parts;
  std::size_t start = 0;
  while (count < 0 || static_cast<std::int64_t>(parts.size()) < count) {
    const std::size_t end = text.bytes.find(separator->bytes, start);
    if (end == std::string::npos) break;
    parts.emplace_back(text.slice(start, end));
    start = end + separator->bytes.size();
  }
  parts.emplace_back(text.slice(start, text.bytes.size()));
  return parts;
}

std::vector<Value> split_text_from_right(const Text& text, const Text* separator,
                                         std::int64_t count) {
  if (separator == nullptr) return split_at_space_from_right(text, count);
  if (separator->bytes.empty()) throw Failure("an empty separator");
  std::vector<Value> parts;
  std::size_t end = text.bytes.size();
  while (count < 0 || static_cast<std::int64_t>(parts.size()) < count) {
    if (end < separator->bytes.size()) break;
    const std::size_t at = text.bytes.rfind(separator->bytes, end - separator->bytes.size());
    if (at == std::string::npos) break;
    parts.emplace_back(text.slice(at + separator->bytes.size(), end));
    end = at;
  }
  parts.emplace_back(text.slice(0, end));
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<Value> split_lines(const Text& text, bool keep_ends) {
  std::vector<Value> lines;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.bytes.size();) {
    const CodePoint each = code_point_at(text.bytes, at);
    const std::size_t line = at;
    at += each.size;
    if (!ends_line(each.value)) continue;
    if (each.value == '\r' && at < text.bytes.size() && text.bytes[at] == '\n') ++at;
    lines.emplace_back(text.slice(start, keep_ends ? at : line));
    start = at;
  }
  if (start < text.bytes.size()) lines.emplace_back(text.slice(start, text.bytes.size()));
  return lines;
}

std::string titled(std::string_view text, bool jinja) {
  constexpr std::string_view kBefore = "-({[<";
  std::string result;
  bool begins = true;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint each = code_point_at(text, at);
    append_utf8(result, begins ? to_upper(each.value) : to_lower(each.value));
    begins = jinja ? is_space(each.value) ||
                         (each.value < 0x80U &&
                          kBefore.find(static_cast<char>(each.value)) != kBefore.npos)
                   : !is_alpha(each.value);
    at += each.size;
  }
  return result;
}

}  // namespace roux::jinja
