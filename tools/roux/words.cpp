#include "words.h"

#include <algorithm>

#include "tools.h"
#include "verb.h"

namespace roux::driver {
namespace {

const NextWord kFile = {"<file>", ""};
const NextWord kCard = {"<card>", ""};
const NextWord kRecipe = {"<recipe>", ""};

// What may stand for something that the help calls `value`.
std::vector<NextWord> kinds_of(std::string_view value) {
  if (value == "MODEL") return {kFile, kCard};
  if (value == "RECIPE") return {kFile, kRecipe};
  return {value == "CARD" ? kCard : kFile};
}

const ToolOption* find_option(const ToolCommand& command, const std::string& word) {
  const auto found = std::ranges::find_if(command.options, [&](const ToolOption& option) {
    return option.name == word || (!option.letter.empty() && option.letter == word);
  });
  return found == command.options.end() ? nullptr : &*found;
}

std::vector<NextWord> verbs() {
  std::vector<NextWord> words;
  for (const Verb& verb : all_verbs()) {
    words.push_back({std::string(verb.name), std::string(verb.summary)});
  }
  for (const Tool& tool : all_tools()) words.push_back({tool.name, tool.summary});
  return words;
}

std::vector<NextWord> values(const ToolOption& option) {
  if (option.choices.empty()) return kinds_of(option.value);
  std::vector<NextWord> words;
  for (const std::string& choice : option.choices) words.push_back({choice, ""});
  return words;
}

// What the next word would be that is no option.
std::string_view operand_after(const ToolCommand& command, std::span<const std::string> given) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!given[i].starts_with('-') || given[i] == "-") {
      ++count;
    } else if (const ToolOption* option = find_option(command, given[i])) {
      if (!option->value.empty()) ++i;  // its value
    }
  }
  return command.operands[std::min(count, command.operands.size() - 1)];
}

// The recipe, if it was given: what follows belongs to it.
const std::string* recipe_in(const ToolCommand& command, std::span<const std::string> given) {
  if (command.operands.empty() || command.operands[0] != "RECIPE") return nullptr;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!given[i].starts_with('-')) return &given[i];
    const ToolOption* option = find_option(command, given[i]);
    if (option && !option->value.empty()) ++i;  // its value
  }
  return nullptr;
}

bool was_given(const ToolOption& option, std::span<const std::string> words) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    const std::string name = word.substr(0, word.find('='));
    return name == option.name || (!option.letter.empty() && name == option.letter);
  });
}

std::vector<NextWord> words_of_command(const ToolCommand& command,
                                       std::span<const std::string> given) {
  if (const std::string* recipe = recipe_in(command, given)) {
    return {{"<after " + *recipe + ">", ""}};
  }
  if (!given.empty()) {
    const ToolOption* open = find_option(command, given.back());
    if (open && !open->value.empty()) return values(*open);
  }
  std::vector<NextWord> words;
  if (!command.operands.empty()) words = kinds_of(operand_after(command, given));
  for (const ToolOption& flag : command.options) {
    const bool is_flag = flag.value.empty() && !flag.choices.empty();
    if (is_flag && was_given(flag, given)) words = values(flag);
  }
  for (const ToolOption& option : command.options) {
    if (option.repeatable || !was_given(option, given)) words.push_back({option.name, option.help});
  }
  words.push_back({"--help", "says more"});
  return words;
}

}  // namespace

std::vector<NextWord> next_words(std::span<const std::string> words) {
  if (words.empty()) return verbs();
  const auto tool = find_verb(words[0]) ? std::nullopt : find_tool(words[0]);
  if (!tool) return {};
  if (const ToolCommand* only = tool->find("")) return words_of_command(*only, words.subspan(1));
  if (words.size() > 1) {
    const ToolCommand* command = tool->find(words[1]);
    return command ? words_of_command(*command, words.subspan(2)) : std::vector<NextWord>();
  }
  std::vector<NextWord> commands;
  for (const ToolCommand& command : tool->commands) {
    commands.push_back({command.name, command.summary});
  }
  commands.push_back({"--help", "says more"});
  return commands;
}

}  // namespace roux::driver
