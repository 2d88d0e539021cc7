#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roux::tool {

struct Command;

// A command's words, told apart. Options are asked for by their long names.
class Arguments {
 public:
  std::vector<std::string> operands;
  std::map<std::string, std::vector<std::string>, std::less<>> options;  // a flag's value is ""

  bool has(std::string_view option) const { return options.contains(option); }

  // What was given, or `otherwise`.
  std::string text(std::string_view option, std::string_view otherwise = "") const;

  // Everything that was given for an option that may be repeated.
  std::vector<std::string> all(std::string_view option) const;

  // Throws ConfigError for what is no whole number between `least` and `most`.
  std::int64_t number(std::string_view option, std::int64_t otherwise, std::int64_t least = 0,
                      std::int64_t most = std::numeric_limits<std::int64_t>::max()) const;
};

// Throws ConfigError, which begins with `called`, if both options are given.
void refuse_together(const Arguments& arguments, const std::string& called, std::string_view option,
                     std::string_view other);

// Throws ConfigError, which begins with `called` ("tokenizer train"), for what `command` does not
// name and for what it asks for and does not get. After "--" every word is an operand; "-" always
// is.
Arguments parse_arguments(const std::string& called, const Command& command,
                          const std::vector<std::string>& words);

}  // namespace roux::tool
