#include "driver_world.h"

#include <cstdlib>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/program.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEcho = R"(echo "$(basename "$0"): $*")";

}  // namespace

DriverWorld::DriverWorld() {
  install_recipe("mi/train", "mi-train", "Trains a language model", kEcho);
  write("prefix/share/roux/recipes/mi/train/tiny.toml", "# A toy: done in a minute.\na = 1\n");
  write("prefix/share/roux/recipes/mi/train/base.toml", "a = 2\n");
  install_recipe("mi/eval", "mi-eval", "Measures a language model", kEcho);
}

void DriverWorld::install_recipe(std::string_view name, std::string_view program,
                                 std::string_view summary, std::string_view script) const {
  write(fs::path("prefix/share/roux/recipes") / name / "recipe.toml",
        cat("program = \"", program, "\"\nsummary = \"", summary, "\"\n"));
  const fs::path file = prefix() / "bin" / program;
  write(file, cat("#!/usr/bin/env bash\n", script, "\n"));
  fs::permissions(file, fs::perms::owner_all);
}

void DriverWorld::write(const fs::path& file, std::string_view text) const {
  fs::create_directories((folder() / file).parent_path());
  write_file(folder() / file, text);
}

std::string DriverWorld::read(const fs::path& file) const {
  return read_file(folder() / file);
}

Finished DriverWorld::roux(std::vector<std::string> words) const {
  words.insert(words.begin(), driver().string());
  return run_process(std::move(words), options());
}

Finished DriverWorld::bash(const std::string& script) const {
  return run_process({"bash", "--norc", "-c", script}, options());
}

fs::path DriverWorld::driver() {
  return executable_path().parent_path() / "roux";
}

ProcessOptions DriverWorld::options() const {
  const char* path = std::getenv("PATH");
  return {.environment = {{"ROUX_RECIPE_PATH", prefix().string()},
                          {"PATH", cat(driver().parent_path().string(), ":",
                                       (prefix() / "bin").string(), ":", path ? path : "")},
                          {"HOME", folder().string()}},
          .working_folder = folder()};
}

}  // namespace roux
