#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace roux::data {

// "a{b,c{d,e}}" == {"ab", "acd", "ace"}. Throws ConfigError for a brace that nothing closes.
std::vector<std::string> expand_braces(std::string_view pattern);

// Whether * ? or [ stand in it and mean something.
bool is_glob(std::string_view part);

// Whether a file's or folder's name is one that a part of a path means. Hidden names only match
// where the pattern writes the dot.
bool matches_glob(const std::string& part, const std::string& name);

// Without the backslashes that take a meaning away.
std::string plain_name(std::string_view part);

}  // namespace roux::data
