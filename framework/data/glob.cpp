#include "data/glob.h"

#include <fnmatch.h>

#include "roux/base/error.h"

namespace roux::data {
namespace {

// The place of the brace that closes the one at `open`, and of the commas between them.
struct Braces {
  std::size_t close = 0;
  std::vector<std::size_t> commas;
};

Braces find_braces(std::string_view pattern, std::size_t open) {
  Braces found;
  int depth = 0;
  for (std::size_t i = open; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      ++depth;
    } else if (pattern[i] == ',' && depth == 1) {
      found.commas.push_back(i);
    } else if (pattern[i] == '}' && --depth == 0) {
      found.close = i;
      return found;
    }
  }
  throw ConfigError(
      cat("a brace in \"", pattern, "\" must be closed; \\{ is one that means itself"));
}

// Of the first character in `set` that no backslash stands before.
std::size_t find_meant(std::string_view text, std::string_view set) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (set.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<std::string> expand_braces(std::string_view pattern) {
  const std::size_t open = find_meant(pattern, "{");
  if (open == std::string_view::npos) return {std::string(pattern)};
  Braces braces = find_braces(pattern, open);
  braces.commas.push_back(braces.close);
  std::vector<std::string> all;
  std::size_t begin = open + 1;
  for (const std::size_t end : braces.commas) {
    const std::string one = cat(pattern.substr(0, open), pattern.substr(begin, end - begin),
                                pattern.substr(braces.close + 1));
    for (std::string& each : expand_braces(one)) all.push_back(std::move(each));
    begin = end + 1;
  }
  return all;
}

bool is_glob(std::string_view part) {
  return find_meant(part, "*?[") != std::string_view::npos;
}

bool matches_glob(const std::string& part, const std::string& name) {
  return fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

std::string plain_name(std::string_view part) {
  std::string name;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && i + 1 < part.size()) ++i;
    name += part[i];
  }
  return name;
}

}  // namespace roux::data
