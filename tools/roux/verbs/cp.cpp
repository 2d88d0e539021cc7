#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "../arguments.h"
#include "../launch.h"
#include "../lookup.h"
#include "../verb.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

// Checked before anything is run or written.
void check_target(const fs::path& file, const fs::path& suggestion, bool force) {
  if (file.empty()) throw ConfigError("cp: FILE must not be empty");
  if (fs::is_directory(file)) {
    throw ConfigError(cat(file.string(), " is a folder; name the file: ",
                          (file / suggestion).lexically_normal().string()));
  }
  // Not exists(): that follows a symbolic link, and one that leads nowhere is something too.
  const fs::file_status status = fs::symlink_status(file);
  if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status)) {
    throw ConfigError(cat(file.string(), " is no ordinary file (- prints to the terminal)"));
  }
  if (fs::exists(status) && !force) {
    throw ConfigError(cat(file.string(), " is there already (--force replaces it)"));
  }
}

void check_folder(const fs::path& folder, bool make) {
  if (folder.empty() || fs::is_directory(folder)) return;
  if (!make) {
    throw ConfigError(
        cat("the folder ", folder.string(), " is not there (--make-parents makes it)"));
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(cat("cannot make the folder ", folder.string(), ": ", error.message()));
}

// The text to copy; an exit code other than 0 is that of the program that should have told it.
Captured text_of(const Found& found) {
  if (found.preset) return {0, read_file(*found.preset)};
  return capture(found.recipe.program, {"--dump-config"});
}

int copy(const Words& words) {
  const Arguments arguments = parse_arguments(words, {.verb = "cp",
                                                      .operands = {"RECIPE[/PRESET]", "FILE"},
                                                      .flags = {"--force", "--make-parents"}});
  const Found found = find_recipe_or_preset(arguments.operands[0]);
  const bool to_stdout = arguments.operands[1] == "-";
  const fs::path file = arguments.operands[1];
  if (!to_stdout) {
    const fs::path suggestion = found.preset ? found.preset->filename() : fs::path("config.toml");
    check_target(file, suggestion, arguments.has("--force"));
    check_folder(file.parent_path(), arguments.has("--make-parents"));
  }

  const Captured text = text_of(found);
  if (text.exit_code != 0) return text.exit_code;
  if (to_stdout) {
    std::cout << text.out;
  } else {
    write_file(file, text.out);
  }
  return 0;
}

}  // namespace

Verb cp_verb() {
  return {"cp", "RECIPE[/PRESET] FILE [--force] [--make-parents]",
          "writes a preset, or a recipe's whole config, to a file of yours",
          "A preset is copied with its comments. For RECIPE alone: every key with its doc and its\n"
          "default. A FILE of - is the terminal.\n"
          "\n"
          "  --force          replaces FILE if it is there\n"
          "  --make-parents   makes the folder of FILE if it is not there\n",
          copy};
}

}  // namespace roux::driver
