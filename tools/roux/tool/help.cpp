#include "tool/help.h"

#include <algorithm>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"

namespace roux::tool {
namespace {

constexpr std::size_t kWidth = 100;

bool does_one_thing(const Tool& tool) {
  return tool.commands.size() == 1 && tool.commands[0].name.empty();
}

std::string usage(const Tool& tool, const Command& command) {
  std::string line = cat("usage: roux ", called(tool, command));
  bool more = false;
  for (const Option& option : command.options) {
    more = more || !option.required;
    if (!option.required) continue;
    line += cat(' ', option.letter.empty() ? option.name : option.letter, ' ', option.value);
  }
  if (more) line += " [OPTION ...]";
  for (const std::string_view operand : command.operands) line += cat(' ', operand);
  return line + "\n";
}

// Two columns: what is typed, and what it does.
std::string columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  const std::string indent(width + 5, ' ');
  std::string text;
  for (const auto& [left, right] : rows) {
    const auto lines = wrap(right, kWidth - indent.size());
    text += cat("  ", left, std::string(width - left.size() + 3, ' '), join(lines, "\n" + indent),
                '\n');
  }
  return text;
}

std::string spelled(const Option& option) {
  std::string text =
      option.letter.empty() ? std::string(option.name) : cat(option.letter, ", ", option.name);
  return option.value.empty() ? text : cat(text, ' ', option.value);
}

std::string doc(const Option& option) {
  std::string text(option.help);
  if (!option.choices.empty()) {
    const std::vector<std::string> names(option.choices.begin(), option.choices.end());
    text += cat(" (", join(names, ", "), ")");
  }
  if (option.repeatable) text += "; may be repeated";
  return text;
}

// "[FILE ...]" as "FILE".
std::string_view bare(std::string_view operand) {
  const std::size_t begin = operand.find_first_not_of('[');
  const std::size_t end = operand.find_first_of(" .]", begin);
  return operand.substr(begin, end == std::string_view::npos ? end : end - begin);
}

config::Value text_value(std::string_view text) {
  return {std::string(text), {}};
}

config::Value option_value(const Option& option) {
  config::Table table;
  table.set("name", text_value(option.name));
  table.set("help", text_value(option.help));
  table.set("value", text_value(option.value));
  config::Array choices;
  for (const std::string_view choice : option.choices) choices.push_back(text_value(choice));
  table.set("choices", {std::move(choices), {}});
  table.set("repeatable", {option.repeatable, {}});
  if (!option.letter.empty()) table.set("letter", text_value(option.letter));
  return {std::move(table), {}};
}

}  // namespace

std::string called(const Tool& tool, const Command& command) {
  return command.name.empty() ? std::string(tool.name) : cat(tool.name, ' ', command.name);
}

std::string command_help(const Tool& tool, const Command& command) {
  const std::string name = called(tool, command);
  std::string text = usage(tool, command);
  text += cat("\nroux ", name, ' ', command.name.empty() ? tool.summary : command.summary, ".\n");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Option& option : command.options) rows.emplace_back(spelled(option), doc(option));
  if (!rows.empty()) text += cat("\nOptions:\n", columns(rows));
  if (!command.details.empty()) text += cat('\n', command.details);
  return text;
}

std::string tool_help(const Tool& tool) {
  if (does_one_thing(tool)) return command_help(tool, tool.commands[0]);
  std::string text = cat("usage: roux ", tool.name, " COMMAND ...\n\nroux ", tool.name, ' ',
                         tool.summary, ".\n\nCommands:\n");
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : tool.commands) rows.emplace_back(command.name, command.summary);
  text += columns(rows);
  text += cat("\nroux ", tool.name, " COMMAND --help says more.\n");
  if (!tool.details.empty()) text += cat('\n', tool.details);
  return text;
}

std::string manifest(const Tool& tool) {
  std::string text = cat("# Written by roux-", tool.name, " when it was built, for roux.\n");
  const auto line = [&](std::string_view key, const config::Value& value) {
    text += cat(key, " = ", config::to_toml(value), '\n');
  };
  line("summary", text_value(tool.summary));
  line("help", text_value(tool_help(tool)));
  for (const Command& command : tool.commands) {
    text += "\n[[command]]\n";
    line("name", text_value(command.name));
    line("summary", text_value(command.summary));
    line("help", text_value(command_help(tool, command)));
    config::Array operands;
    for (const std::string_view operand : command.operands) {
      operands.push_back(text_value(bare(operand)));
    }
    line("operands", {std::move(operands), {}});
    config::Array options;
    for (const Option& option : command.options) options.push_back(option_value(option));
    line("options", {std::move(options), {}});
  }
  return text;
}

}  // namespace roux::tool
