#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace roux::driver {

// How a recipe is called where its files need different spellings.
struct RecipeName {
  std::string name;          // "my-recipe"
  std::string class_prefix;  // "MyRecipe"
};

// Throws ConfigError unless `name` is letters, digits, '-' and '_', a letter first.
RecipeName recipe_name(const std::string& name);

// The text of one of the skeleton's files with the recipe's name for its own: "Skeleton" and
// "skeleton" wherever they stand.
std::string renamed(std::string_view text, const RecipeName& name);

// Makes the folder `target` out of the skeleton in `source`, as a whole or not at all. Throws
// ConfigError if `target` is there already.
void write_skeleton(const std::filesystem::path& source, const std::filesystem::path& target,
                    const RecipeName& name);

}  // namespace roux::driver
