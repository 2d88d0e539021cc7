#include "tool/arguments.h"

#include <algorithm>
#include <cstddef>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

class Parser {
 public:
  Parser(const std::string& called, const Command& command, const std::vector<std::string>& words)
      : called_(called), command_(command), words_(words) {}

  Arguments parse() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (word == "--") {
        arguments_.operands.insert(arguments_.operands.end(),
                                   words_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                                   words_.end());
        break;
      }
      if (!word.starts_with('-') || word == "-") {
        if (command_.operand_ends_options) {
          arguments_.operands.assign(words_.begin() + static_cast<std::ptrdiff_t>(at_),
                                     words_.end());
          break;
        }
        arguments_.operands.push_back(word);
      } else {
        take_option(word);
      }
    }
    check_operands();
    check_required();
    return std::move(arguments_);
  }

 private:
  void take_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::ranges::find_if(command_.options, [&](const Option& each) {
      return each.name == name || (!each.letter.empty() && each.letter == name);
    });
    if (option == command_.options.end()) refuse(word, name);

    const bool attached = equals != std::string::npos;
    if (option->value.empty() && attached) {
      throw ConfigError(
          cat(called_, ": ", option->name, " takes no value, but is given as ", word));
    }
    std::string value;
    if (attached) {
      value = word.substr(equals + 1);
    } else if (!option->value.empty()) {
      if (at_ + 1 == words_.size()) {
        throw ConfigError(cat(called_, ": ", name, " needs a value (", option->value, ")"));
      }
      value = words_[++at_];
    }
    check_choice(*option, value);

    auto& values = arguments_.options[std::string(option->name)];
    if (!option->repeatable && !values.empty()) {
      throw ConfigError(cat(called_, ": ", option->name, " may be given once, but is given twice"));
    }
    values.push_back(std::move(value));
  }

  void check_choice(const Option& option, const std::string& value) const {
    if (option.value.empty() || option.choices.empty() ||
        std::ranges::find(option.choices, value) != option.choices.end()) {
      return;
    }
    const std::vector<std::string> names(option.choices.begin(), option.choices.end());
    throw ConfigError(cat(called_, ": ", option.name, " must be one of ", join(names, ", "),
                          ", but is \"", value, "\"", did_you_mean(value, names)));
  }

  [[noreturn]] void refuse(const std::string& word, const std::string& name) const {
    std::vector<std::string> known = {"--help"};
    for (const Option& option : command_.options) known.emplace_back(option.name);
    throw ConfigError(cat(called_, " has no option ", word, did_you_mean(name, known)));
  }

  void check_operands() const {
    const std::size_t given = arguments_.operands.size();
    const auto& wanted = command_.operands;
    const bool open = !wanted.empty() && wanted.back().find("...") != std::string_view::npos;
    if (given > wanted.size() && !open) {
      throw ConfigError(
          cat(called_, " has no use for \"", arguments_.operands[wanted.size()], "\""));
    }
    if (given < wanted.size() && !wanted[given].starts_with('[')) {
      throw ConfigError(cat(called_, " needs ", wanted[given], says_more()));
    }
  }

  void check_required() const {
    for (const Option& option : command_.options) {
      if (!option.required || arguments_.has(option.name)) continue;
      const std::string_view name = option.letter.empty() ? option.name : option.letter;
      throw ConfigError(cat(called_, " needs ", name, ' ', option.value, says_more()));
    }
  }

  std::string says_more() const { return cat(" (roux ", called_, " --help says more)"); }

  const std::string& called_;
  const Command& command_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  Arguments arguments_;
};

}  // namespace

std::string Arguments::text(std::string_view option, std::string_view otherwise) const {
  const auto found = options.find(option);
  return found == options.end() ? std::string(otherwise) : found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

std::int64_t Arguments::number(std::string_view option, std::int64_t otherwise, std::int64_t least,
                               std::int64_t most) const {
  if (!has(option)) return otherwise;
  const std::string given = text(option);
  const auto value = parse_integer(given);
  if (value && *value >= least && *value <= most) return *value;
  const bool open = most == std::numeric_limits<std::int64_t>::max();
  throw ConfigError(cat(option, " must be a whole number ",
                        open ? cat("of at least ", least) : cat("from ", least, " to ", most),
                        ", but is \"", given, "\""));
}

void refuse_together(const Arguments& arguments, const std::string& called, std::string_view option,
                     std::string_view other) {
  if (!arguments.has(option) || !arguments.has(other)) return;
  throw ConfigError(cat(called, ": ", option, " and ", other, " exclude each other"));
}

Arguments parse_arguments(const std::string& called, const Command& command,
                          const std::vector<std::string>& words) {
  return Parser(called, command, words).parse();
}

}  // namespace roux::tool
