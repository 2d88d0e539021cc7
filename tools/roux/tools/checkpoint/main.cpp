// `roux checkpoint`: what a run has kept.
#include <algorithm>

#include "commands.h"
#include "roux/base/error.h"
#include "roux/base/visible.h"
#include "roux/checkpoint/checkpoint_folder.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;

const Tool& checkpoint() {
  static const Tool tool{"checkpoint",
                         "lists, shows, verifies and removes the checkpoints of a run",
                         "PATH is the output folder of a run, the folder that holds its "
                         "checkpoints, or one checkpoint, "
                         "step_N.\nAll but rm may be used while the run goes on.\n",
                         {ls_command(), show_command(), verify_command(), rm_command()}};
  return tool;
}

// "a/step_1/" and "a/step_1" alike.
std::string name_of(const fs::path& folder) {
  return fs::absolute(folder / "x").lexically_normal().parent_path().filename();
}

// By its name, as far as there is one: a broken one says no other.
std::int64_t step_of(const fs::path& folder) {
  for (const auto& [step, path] : list_checkpoints(folder / "..")) {
    if (path.filename() == name_of(folder)) return step;
  }
  return Checkpoint(folder).step();  // one that was copied elsewhere
}

}  // namespace

bool is_checkpoint(const fs::path& folder) {
  if (fs::exists(folder / "manifest.json")) return true;
  return name_of(folder).starts_with("step_") && fs::is_directory(folder) &&
         list_checkpoints(folder).empty();
}

std::map<std::int64_t, fs::path> find_checkpoints(const std::string& called,
                                                  const std::string& given) {
  const fs::path path = given;
  if (!fs::is_directory(path)) {
    throw ConfigError(cat(called, ": PATH must be a folder, but ", given,
                          fs::exists(path) ? " is a file" : " is not there"));
  }
  if (is_checkpoint(path)) return {{step_of(path), path}};
  auto found = list_checkpoints(path);
  if (found.empty() && fs::is_directory(path / "checkpoints")) {
    found = list_checkpoints(path / "checkpoints");
  }
  if (found.empty()) {
    throw ConfigError(cat(called, ": no checkpoint, step_N, is in ", given,
                          fs::is_directory(path / "checkpoints") ? "/checkpoints" : ""));
  }
  return found;
}

std::string one_line(const std::string& message) {
  std::string text = visible(message, "\n");
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::checkpoint(), argc, argv);
}
