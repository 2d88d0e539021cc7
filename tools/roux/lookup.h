#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "recipes.h"

namespace roux::driver {

// What `RECIPE[/PRESET]` means.
struct Found {
  RecipeEntry recipe;                           // without a name where only its program is known
  std::optional<std::filesystem::path> preset;  // a file
};

// The recipe that `text` names, or whose program it is the path of ("./build/bin/mine-train");
// nullopt if it is neither.
std::optional<RecipeEntry> look_up_recipe(const std::string& text, const RecipeIndex& index);

// Throws ConfigError, which names the recipe, if `text` is a RECIPE/PRESET: for where a recipe
// alone will do.
void refuse_preset(const std::string& text, const RecipeIndex& index);

// look_up_recipe(), and ConfigError, with the nearest name there is, if it is neither.
RecipeEntry find_recipe(const std::string& text);

// `RECIPE` or `RECIPE/PRESET`; ConfigError if there is no such thing.
Found find_recipe_or_preset(const std::string& text);

}  // namespace roux::driver
