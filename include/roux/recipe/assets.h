#pragma once

#include <span>
#include <string_view>

namespace roux {

// A config that a recipe brings along by name.
struct Preset {
  std::string_view name;
  std::string_view text;  // TOML
  std::string_view path;  // where it lay when it was compiled in, for messages
};

// What a recipe's program has compiled into it beside its code, by CMake's roux_add_recipe().
struct RecipeAssets {
  std::string_view name;  // "lm/train"
  std::string_view summary;
  std::span<const Preset> presets;
};

}  // namespace roux

// Defined by roux_add_recipe(); null in a program that was made without it.
extern "C" const roux::RecipeAssets* roux_recipe_assets() __attribute__((weak));
