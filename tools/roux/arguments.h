#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "verb.h"

namespace roux::driver {

// What a verb understands.
struct Syntax {
  std::string_view verb;
  std::vector<std::string> operands = {};  // in order, as the help names them; "[X]" is optional
  std::vector<std::string> flags = {};     // "--force"
  std::vector<std::string> options = {};   // "--name": takes a value, as the next word or after '='
};

// A verb's words, told apart.
struct Arguments {
  std::vector<std::string> operands;
  std::set<std::string, std::less<>> flags;
  std::map<std::string, std::string, std::less<>> options;

  bool has(std::string_view flag) const { return flags.contains(flag); }
};

// Throws ConfigError for what `syntax` does not name, and for what it asks for and does not get.
// After "--" every word is an operand; "-" always is.
Arguments parse_arguments(const Words& words, const Syntax& syntax);

// `roux VERB: there is no option WORD (did you mean …?)`, as a ConfigError.
[[noreturn]] void refuse_option(std::string_view verb, const std::string& word,
                                const std::vector<std::string>& known);

}  // namespace roux::driver
