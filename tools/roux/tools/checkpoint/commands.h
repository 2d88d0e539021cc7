#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "roux/checkpoint/checkpoint.h"
#include "tool/tool.h"

namespace roux::tool {

// Each is defined in <name>.cpp.
Command ls_command();
Command rm_command();
Command show_command();
Command verify_command();

// The checkpoints that `given` means: a checkpoint's folder, the one that they lie in, or a run's.
// Throws ConfigError where there is none, which begins with `called`.
std::map<std::int64_t, std::filesystem::path> find_checkpoints(const std::string& called,
                                                               const std::string& given);

// Where the folder is one of a checkpoint, by its name or by what is in it.
bool is_checkpoint(const std::filesystem::path& folder);

// A message on one line, without what a terminal would act on.
std::string one_line(const std::string& message);

}  // namespace roux::tool
