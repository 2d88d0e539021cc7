#include "tools.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <system_error>

#include "recipes.h"
#include "roux/base/error.h"
#include "roux/config/toml.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

// A value of the kind that the manifest's writer (tool/help.cpp) gives it.
template <typename T>
const T& get(const config::Value& table, std::string_view key, const fs::path& file) {
  const auto* entries = table.as<config::Table>();
  const auto* value = entries ? entries->find(key) : nullptr;
  const T* typed = value ? value->as<T>() : nullptr;
  if (!typed) throw ConfigError(cat(file.string(), ": ", key, " is missing, or of another type"));
  return *typed;
}

std::vector<std::string> read_texts(const config::Value& table, std::string_view key,
                                    const fs::path& file) {
  std::vector<std::string> texts;
  for (const auto& each : get<config::Array>(table, key, file)) {
    if (const auto* text = each.as<std::string>()) texts.push_back(*text);
  }
  return texts;
}

ToolOption read_option(const config::Value& table, const fs::path& file) {
  ToolOption option{.name = get<std::string>(table, "name", file),
                    .help = get<std::string>(table, "help", file),
                    .value = get<std::string>(table, "value", file),
                    .choices = read_texts(table, "choices", file),
                    .repeatable = get<bool>(table, "repeatable", file)};
  if (table.as<config::Table>()->find("letter")) {
    option.letter = get<std::string>(table, "letter", file);
  }
  return option;
}

ToolCommand read_command(const config::Value& table, const fs::path& file) {
  ToolCommand command{.name = get<std::string>(table, "name", file),
                      .summary = get<std::string>(table, "summary", file),
                      .help = get<std::string>(table, "help", file),
                      .operands = read_texts(table, "operands", file)};
  for (const auto& option : get<config::Array>(table, "options", file)) {
    command.options.push_back(read_option(option, file));
  }
  return command;
}

fs::path manifests_below(const fs::path& prefix) {
  return prefix / "share/roux/tools";
}

fs::path program_of(const fs::path& prefix, const std::string& name) {
  return prefix / ROUX_TOOLS_DIR / ("roux-" + name);
}

// The first prefix that has the tool. A name with a slash in it, or of two words, is none.
std::optional<fs::path> find_prefix(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  if (name.empty() || name[0] == '-' || !std::ranges::all_of(name, is_letter)) return std::nullopt;
  for (const fs::path& prefix : prefixes()) {
    std::error_code error;
    if (fs::exists(manifests_below(prefix) / (name + ".toml"), error)) return prefix;
  }
  return std::nullopt;
}

Tool read_tool(const fs::path& prefix, const std::string& name) {
  const fs::path file = manifests_below(prefix) / (name + ".toml");
  const config::Value manifest = config::load_toml(file);
  Tool tool{name,
            program_of(prefix, name),
            get<std::string>(manifest, "summary", file),
            get<std::string>(manifest, "help", file),
            {}};
  for (const auto& command : get<config::Array>(manifest, "command", file)) {
    tool.commands.push_back(read_command(command, file));
  }
  return tool;
}

}  // namespace

const ToolCommand* Tool::find(std::string_view command) const {
  const auto found = std::ranges::find(commands, command, &ToolCommand::name);
  return found == commands.end() ? nullptr : &*found;
}

std::optional<fs::path> find_tool_program(const std::string& name) {
  const auto prefix = find_prefix(name);
  if (!prefix) return std::nullopt;
  return program_of(*prefix, name);
}

std::optional<Tool> find_tool(const std::string& name) {
  const auto prefix = find_prefix(name);
  if (!prefix) return std::nullopt;
  return read_tool(*prefix, name);
}

std::vector<Tool> all_tools() {
  std::map<std::string, Tool> by_name;
  for (const fs::path& prefix : prefixes()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(manifests_below(prefix), error)) {
      const fs::path& file = entry.path();
      if (file.extension() != ".toml" || by_name.contains(file.stem().string())) continue;
      try {
        by_name.emplace(file.stem().string(), read_tool(prefix, file.stem().string()));
      } catch (const std::exception& problem) {
        std::cerr << "roux: " << problem.what() << '\n';
      }
    }
  }
  std::vector<Tool> tools;
  for (auto& [name, tool] : by_name) tools.push_back(std::move(tool));
  return tools;
}

}  // namespace roux::driver
