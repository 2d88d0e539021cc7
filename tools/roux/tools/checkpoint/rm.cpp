#include <string>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/checkpoint/checkpoint_folder.h"

namespace roux::tool {
namespace {

int rm(const Arguments& arguments) {
  // All are looked at before the first one goes.
  for (const std::string& given : arguments.operands) {
    if (!std::filesystem::is_directory(given) || !is_checkpoint(given)) {
      throw ConfigError(
          cat("checkpoint rm: PATH must be the folder of one checkpoint, step_N, but "
              "is ",
              given));
    }
  }
  for (const std::string& given : arguments.operands) remove_checkpoint(given);
  return 0;
}

}  // namespace

Command rm_command() {
  return {
      .name = "rm",
      .summary = "removes checkpoints",
      .operands = {"PATH..."},
      .details = "Each PATH is one checkpoint, step_N, of a run that does not go on just now.\n",
      .run = rm};
}

}  // namespace roux::tool
