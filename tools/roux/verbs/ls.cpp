#include <algorithm>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "../arguments.h"
#include "../recipes.h"
#include "../verb.h"
#include "roux/base/files.h"

namespace roux::driver {
namespace {

void print_names(const RecipeIndex& index) {
  for (const RecipeEntry& recipe : index.recipes) {
    std::cout << recipe.name << '\n';
    for (const PresetFile& preset : recipe.presets) {
      std::cout << recipe.name << '/' << preset.name << '\n';
    }
  }
}

void print_recipes(const RecipeIndex& index) {
  for (const RecipeEntry& recipe : index.recipes) std::cout << recipe.name << '\n';
}

void print_programs(const RecipeIndex& index) {
  for (const RecipeEntry& recipe : index.recipes) {
    std::cout << recipe.program.filename().string() << '\n';
  }
}

void print_table(const RecipeIndex& index) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const RecipeEntry& recipe : index.recipes) {
    rows.emplace_back(recipe.name, recipe.summary);
    for (const PresetFile& preset : recipe.presets) {
      rows.emplace_back("  " + recipe.name + "/" + preset.name,
                        first_comment(read_file(preset.file)));
    }
  }

  std::size_t width = 0;
  for (const auto& [name, line] : rows) width = std::max(width, name.size());
  for (const auto& [name, line] : rows) {
    std::cout << name;
    if (!line.empty()) std::cout << std::string(width - name.size() + 3, ' ') << line;
    std::cout << '\n';
  }
}

int list(const Words& words) {
  const Arguments arguments =
      parse_arguments(words, {.verb = "ls", .flags = {"--names", "--recipes", "--programs"}});
  const RecipeIndex index = find_recipes();

  if (arguments.has("--names")) {
    print_names(index);
  } else if (arguments.has("--recipes")) {
    print_recipes(index);
  } else if (arguments.has("--programs")) {
    print_programs(index);
  } else {
    print_table(index);
    for (const std::string& problem : index.problems) std::cerr << "roux: " << problem << '\n';
  }
  return 0;
}

}  // namespace

Verb ls_verb() {
  return {"ls", "[--names | --recipes | --programs]", "lists the recipes and their presets",
          "Recipes are looked for where this program is installed, and below each folder that\n"
          "ROUX_RECIPE_PATH names (separated by ':'), such as the build folder of your own.\n"
          "\n"
          "  --names      names alone, for scripts: lm/train, lm/train/sample\n"
          "  --recipes    names of recipes alone, without their presets\n"
          "  --programs   the recipes' programs alone: lm-train\n",
          list};
}

}  // namespace roux::driver
