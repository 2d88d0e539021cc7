#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace roux::driver {

// A config that lies beside a recipe's manifest.
struct PresetFile {
  std::string name;
  std::filesystem::path file;
};

// A recipe as its manifest (share/roux/recipes/NAME/recipe.toml) describes it.
struct RecipeEntry {
  std::string name;  // "lm/train"
  std::filesystem::path program;
  std::string summary;
  std::vector<PresetFile> presets;  // by name
};

// What can be found from here.
struct RecipeIndex {
  std::vector<RecipeEntry> recipes;            // by name
  std::vector<std::string> problems;           // manifests that can't be read, and recipes hidden
  std::vector<std::filesystem::path> folders;  // that were looked through, there or not
};

// The folder that holds share/, and bin/ or the folder of the verbs' programs with this one in it.
std::filesystem::path own_prefix();

// Where programs and what belongs to them are looked for: own_prefix(), and each that
// ROUX_RECIPE_PATH names, with colons between.
std::vector<std::filesystem::path> prefixes();

// The recipes below prefixes(). Of two with one name the first is taken.
RecipeIndex find_recipes();

// The recipes below one prefix: its programs lie in bin/, its manifests in share/roux/recipes/.
RecipeIndex recipes_below(const std::filesystem::path& prefix);

// The first line of a preset that holds anything, if it is a comment, without the '#'.
std::string first_comment(std::string_view toml);

}  // namespace roux::driver
