#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// join({"a", "b"}, ", ") == "a, b".
std::string join(std::span<const std::string> parts, std::string_view separator);

// split("a.b.", '.') == {"a", "b", ""}: one part more than there are separators.
std::vector<std::string> split(std::string_view text, char separator);

// Without the spaces, tabs and line ends at both sides.
std::string_view trim(std::string_view text);

// The number that all of `text` is, in decimal digits after an optional '-'.
std::optional<std::int64_t> parse_integer(std::string_view text);

// The candidate that a person most likely meant by `given`, or "" if none is close: few edits away
// for its length (a transposition is one), whatever the case and whether '-' or '_' was typed.
std::string nearest_name(std::string_view given, std::span<const std::string> candidates);

// nearest_name as the end of a message: ` (did you mean "cosine"?)`, or "" if none is close.
std::string did_you_mean(std::string_view given, std::span<const std::string> candidates);

// Breaks text into lines of at most `width` characters, at spaces; words longer than that stand
// alone. Line ends in the text stay line ends; spaces in a row become one. Empty text has no lines.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace roux
