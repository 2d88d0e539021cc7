#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Text as Python sees it: UTF-8 by code points. A byte that is part of none counts as one.
namespace roux::jinja {

struct CodePoint {
  char32_t value;
  std::size_t size;  // in bytes
};

// Requires: at < text.size().
CodePoint code_point_at(std::string_view text, std::size_t at);
// Requires: 0 < end <= text.size().
CodePoint code_point_before(std::string_view text, std::size_t end);
void append_utf8(std::string& text, char32_t value);

// The number of code points.
std::size_t length_of(std::string_view text);

// Where the code point of that number begins; text.size() past the end.
std::size_t offset_of(std::string_view text, std::size_t index);

// str.isspace() of one character, and others of Python's names. Beyond ASCII, is_alpha takes every
// letter with a case and what lies above U+0250 outside of punctuation.
bool is_space(char32_t value);
bool is_alpha(char32_t value);
bool is_printable(char32_t value);
char32_t to_upper(char32_t value);
char32_t to_lower(char32_t value);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string capitalize(std::string_view text);

// str.strip(): `characters` empty means white space.
std::string_view strip_left(std::string_view text, std::string_view characters = {});
std::string_view strip_right(std::string_view text, std::string_view characters = {});

}  // namespace roux::jinja
