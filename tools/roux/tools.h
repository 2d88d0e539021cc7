#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux::driver {

// What a tool's manifest says of an option of one of its commands.
struct ToolOption {
  std::string name;    // "--vocab-size"
  std::string letter;  // "-m", or ""
  std::string help;
  std::string value;  // what the help calls its value; "" for a flag
  std::vector<std::string> choices;
  bool repeatable = false;
};

struct ToolCommand {
  std::string name;  // "" for a tool that does one thing
  std::string summary;
  std::string help;                   // what `roux NAME COMMAND --help` prints
  std::vector<std::string> operands;  // what the help calls them: "FILE", "MODEL"
  std::vector<ToolOption> options;
};

// A verb with a program of its own, as its manifest (share/roux/tools/NAME.toml) describes it.
struct Tool {
  std::string name;
  std::filesystem::path program;
  std::string summary;
  std::string help;
  std::vector<ToolCommand> commands;

  const ToolCommand* find(std::string_view command) const;
};

// The program of the tool of that name, below own_prefix() or a prefix that ROUX_RECIPE_PATH names;
// nullopt if there is none. Reads no manifest.
std::optional<std::filesystem::path> find_tool_program(const std::string& name);

// The same with what its manifest says. Throws ConfigError if that can't be read.
std::optional<Tool> find_tool(const std::string& name);

// All of them, by name; of two with one name the first is taken. What can't be read is told on
// stderr and left out.
std::vector<Tool> all_tools();

}  // namespace roux::driver
