#pragma once

#include <memory>

#include "roux/recipe/recipe_main.h"

namespace roux {

// All of a recipe's main(): `return roux::generate_main<MyRecipe>(argc, argv);`
template <GenerateRecipeLike R>
int generate_main(int argc, char** argv) {
  const auto* assets = roux_recipe_assets ? roux_recipe_assets() : nullptr;
  return recipe_main(generate_parts(std::make_shared<const R>()), assets, argc, argv);
}

}  // namespace roux
