#pragma once

#include <string>
#include <string_view>

namespace roux {

bool is_valid_utf8(std::string_view text);

// The text with each broken piece as one U+FFFD, as Python's decode(errors="replace") and Rust's
// from_utf8_lossy have it: a piece is the longest that could have begun a character, else one byte.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace roux
