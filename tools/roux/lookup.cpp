#include "lookup.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
}

// The recipe that a program belongs to, if its manifest lies where an installation or a build
// would have it, else just the program.
RecipeEntry recipe_of_program(const fs::path& file) {
  const fs::path program = fs::canonical(file);
  for (const RecipeEntry& recipe : recipes_below(program.parent_path().parent_path()).recipes) {
    if (recipe.program == program) return {recipe.name, file, recipe.summary, recipe.presets};
  }
  return {"", file, "", {}};
}

std::vector<std::string> recipe_names(const RecipeIndex& index) {
  std::vector<std::string> names;
  for (const RecipeEntry& recipe : index.recipes) names.push_back(recipe.name);
  return names;
}

std::vector<std::string> recipe_and_preset_names(const RecipeIndex& index) {
  std::vector<std::string> names = recipe_names(index);
  for (const RecipeEntry& recipe : index.recipes) {
    for (const PresetFile& preset : recipe.presets) {
      names.push_back(recipe.name + "/" + preset.name);
    }
  }
  return names;
}

[[noreturn]] void refuse(const std::string& text, const std::vector<std::string>& names,
                         const RecipeIndex& index) {
  std::vector<std::string> folders;
  for (const fs::path& folder : index.folders) folders.push_back(folder.string());
  throw ConfigError(cat("there is no recipe \"", text, "\"", did_you_mean(text, names),
                        "\nlooked in ", join(folders, ", ")));
}

fs::path find_preset(const RecipeEntry& recipe, const std::string& called,
                     const std::string& name) {
  std::vector<std::string> names;
  for (const PresetFile& preset : recipe.presets) {
    if (preset.name == name) return preset.file;
    names.push_back(preset.name);
  }
  if (names.empty()) throw ConfigError(cat(called, " has no presets"));
  throw ConfigError(cat(called, " has no preset \"", name, "\"", did_you_mean(name, names),
                        "; it has ", join(names, ", ")));
}

}  // namespace

std::optional<RecipeEntry> look_up_recipe(const std::string& text, const RecipeIndex& index) {
  const auto named = std::ranges::find(index.recipes, text, &RecipeEntry::name);
  if (named != index.recipes.end()) return *named;
  if (text.find('/') != std::string::npos && is_program(text)) return recipe_of_program(text);
  return std::nullopt;
}

void refuse_preset(const std::string& text, const RecipeIndex& index) {
  const auto slash = text.rfind('/');
  if (slash == std::string::npos) return;
  const std::string called = text.substr(0, slash);
  const std::string name = text.substr(slash + 1);

  const auto recipe = look_up_recipe(called, index);
  if (!recipe ||
      std::ranges::find(recipe->presets, name, &PresetFile::name) == recipe->presets.end())
    return;
  throw ConfigError(cat("a recipe is needed here, but ", text, " is a preset; its recipe is ",
                        called, " (--preset ", name, " takes the preset)"));
}

RecipeEntry find_recipe(const std::string& text) {
  const RecipeIndex index = find_recipes();
  auto recipe = look_up_recipe(text, index);
  if (!recipe) {
    refuse_preset(text, index);
    refuse(text, recipe_names(index), index);
  }
  return *recipe;
}

Found find_recipe_or_preset(const std::string& text) {
  const RecipeIndex index = find_recipes();
  if (auto recipe = look_up_recipe(text, index)) return {*recipe, std::nullopt};

  const auto slash = text.rfind('/');
  if (slash != std::string::npos) {
    const std::string name = text.substr(0, slash);
    if (auto recipe = look_up_recipe(name, index)) {
      return {*recipe, find_preset(*recipe, name, text.substr(slash + 1))};
    }
  }
  refuse(text, recipe_and_preset_names(index), index);
}

}  // namespace roux::driver
