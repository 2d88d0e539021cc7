#include <filesystem>
#include <iostream>
#include <string>

#include "../arguments.h"
#include "../recipes.h"
#include "../skeleton.h"
#include "../verb.h"
#include "roux/base/error.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

void print_next_steps(const fs::path& folder, const std::string& name) {
  std::cout << folder.string() << " holds the recipe " << name << "/train. Next:\n\n";
  const fs::path prefix = own_prefix();
  // In a build folder there is no package for CMake to find.
  const bool installed = fs::exists(prefix / ROUX_PACKAGE_DIR / "rouxConfig.cmake");
  if (!installed) std::cout << "  cmake --install " << prefix.string() << " --prefix PREFIX\n";
  std::cout << "  cd " << folder.string() << "\n"
            << "  cmake --preset release -DCMAKE_PREFIX_PATH="
            << (installed ? prefix.string() : "PREFIX") << "\n"
            << "  cmake --build --preset release\n"
            << "  build/bin/" << name << "-train --explain\n";
}

int create(const Words& words) {
  const Arguments arguments =
      parse_arguments(words, {.verb = "new", .operands = {"PATH"}, .options = {"--name"}});
  const fs::path given = arguments.operands[0];
  if (given.empty()) throw ConfigError("new: PATH must not be empty");
  fs::path target = fs::absolute(given).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // "mine/" is "mine"

  const auto chosen = arguments.options.find("--name");
  const RecipeName name =
      recipe_name(chosen == arguments.options.end() ? target.filename().string() : chosen->second);
  write_skeleton(own_prefix() / "share/roux/skeleton", target, name);
  print_next_steps(given, name.name);
  return 0;
}

}  // namespace

Verb new_verb() {
  return {"new", "PATH [--name NAME]", "begins a recipe of your own in a new folder",
          "The folder holds a whole recipe, which builds against the installed Roux, and runs: a\n"
          "config, a kind of component with two to choose from, a trainer that saves and goes on,\n"
          "a preset, and a README that says what to change.\n"
          "\n"
          "  --name NAME   what the recipe is called, if not as the folder\n",
          create};
}

}  // namespace roux::driver
