#pragma once

#include <string>

#include "tool/tool.h"

namespace roux::tool {

// "tokenizer train", or "inspect" for a tool that does one thing.
std::string called(const Tool& tool, const Command& command);

// What `roux NAME --help` prints: the commands, or the one there is.
std::string tool_help(const Tool& tool);

// What `roux NAME COMMAND --help` prints.
std::string command_help(const Tool& tool, const Command& command);

// What the driver reads of a tool, in TOML: share/roux/tools/NAME.toml.
std::string manifest(const Tool& tool);

}  // namespace roux::tool
