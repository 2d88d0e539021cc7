#include "recipes.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <system_error>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/program.h"
#include "roux/base/strings.h"
#include "roux/config/toml.h"

namespace roux::driver {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = "recipe.toml";

std::string text_at(const config::Value& manifest, std::string_view key, const fs::path& file) {
  const auto* value = manifest.as<config::Table>()->find(key);
  const auto* text = value ? value->as<std::string>() : nullptr;
  if (!text) throw ConfigError(cat(file.string(), ": ", key, " must be given, as a string"));
  return *text;
}

std::vector<PresetFile> presets_in(const fs::path& folder) {
  std::vector<PresetFile> presets;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".toml" && file.filename() != kManifest) {
      presets.push_back({file.stem().string(), file});
    }
  }
  std::ranges::sort(presets, {}, &PresetFile::name);
  return presets;
}

RecipeEntry read_recipe(const fs::path& manifest_file, const fs::path& root,
                        const fs::path& prefix) {
  const config::Value manifest = config::load_toml(manifest_file);
  const fs::path folder = manifest_file.parent_path();
  return {folder.lexically_relative(root).generic_string(),
          prefix / "bin" / text_at(manifest, "program", manifest_file),
          text_at(manifest, "summary", manifest_file), presets_in(folder)};
}

}  // namespace

fs::path own_prefix() {
  const fs::path folder = executable_path().parent_path();
  const fs::path tools = ROUX_TOOLS_DIR;
  fs::path prefix = folder;
  for (auto part = tools.begin(); part != tools.end(); ++part) prefix = prefix.parent_path();
  return prefix / tools == folder ? prefix : folder.parent_path();
}

std::vector<fs::path> prefixes() {
  std::vector<fs::path> all = {own_prefix()};
  const char* more = std::getenv("ROUX_RECIPE_PATH");
  for (const std::string& prefix : split(more ? more : "", ':')) {
    if (!prefix.empty()) all.emplace_back(prefix);
  }
  return all;
}

RecipeIndex recipes_below(const fs::path& prefix) {
  RecipeIndex index;
  const fs::path root = prefix / "share/roux/recipes";
  index.folders = {root};
  std::error_code error;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename() != kManifest) continue;
    try {
      index.recipes.push_back(read_recipe(at->path(), root, prefix));
    } catch (const std::exception& problem) {
      index.problems.emplace_back(problem.what());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    index.problems.push_back(cat("cannot read ", root.string(), ": ", error.message()));
  }
  std::ranges::sort(index.recipes, {}, &RecipeEntry::name);
  return index;
}

RecipeIndex find_recipes() {
  RecipeIndex all;
  std::map<std::string, RecipeEntry> by_name;
  for (const fs::path& prefix : prefixes()) {
    RecipeIndex found = recipes_below(prefix);
    for (RecipeEntry& recipe : found.recipes) {
      const auto [first, is_new] = by_name.try_emplace(recipe.name, recipe);
      if (!is_new && first->second.program != recipe.program) {
        all.problems.push_back(cat(recipe.program.string(), " is hidden: ", recipe.name, " is ",
                                   first->second.program.string()));
      }
    }
    all.problems.insert(all.problems.end(), found.problems.begin(), found.problems.end());
    all.folders.insert(all.folders.end(), found.folders.begin(), found.folders.end());
  }
  for (auto& [name, recipe] : by_name) all.recipes.push_back(std::move(recipe));
  return all;
}

std::string first_comment(std::string_view toml) {
  const std::string_view text = trim(toml);
  std::string_view line = text.substr(0, text.find('\n'));
  if (!line.starts_with('#')) return "";
  while (line.starts_with('#')) line.remove_prefix(1);
  return std::string(trim(line));
}

}  // namespace roux::driver
