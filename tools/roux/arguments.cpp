#include "arguments.h"

#include <algorithm>
#include <cstddef>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::driver {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

void check_operands(const Arguments& arguments, const Syntax& syntax) {
  const std::size_t given = arguments.operands.size();
  if (given > syntax.operands.size()) {
    throw ConfigError(
        cat(syntax.verb, " has no use for \"", arguments.operands[syntax.operands.size()], "\""));
  }
  if (given < syntax.operands.size() && !syntax.operands[given].starts_with('[')) {
    throw ConfigError(cat(syntax.verb, " needs ", syntax.operands[given], " (roux help ",
                          syntax.verb, " says more)"));
  }
}

}  // namespace

Arguments parse_arguments(const Words& words, const Syntax& syntax) {
  Arguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      arguments.operands.insert(arguments.operands.end(),
                                words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (!word.starts_with('-') || word == "-") {
      arguments.operands.push_back(word);
    } else if (contains(syntax.flags, word)) {
      arguments.flags.insert(word);
    } else if (!contains(syntax.options, name)) {
      std::vector<std::string> known = syntax.flags;
      known.insert(known.end(), syntax.options.begin(), syntax.options.end());
      refuse_option(syntax.verb, word, known);
    } else if (equals != std::string::npos) {
      arguments.options[name] = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      arguments.options[name] = words[++i];
    } else {
      throw ConfigError(cat(syntax.verb, ": ", name, " needs a value"));
    }
  }
  check_operands(arguments, syntax);
  return arguments;
}

void refuse_option(std::string_view verb, const std::string& word,
                   const std::vector<std::string>& known) {
  throw ConfigError(cat(verb, " has no option ", word, did_you_mean(word, known)));
}

}  // namespace roux::driver
