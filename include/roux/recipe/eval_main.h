#pragma once

#include <memory>

#include "roux/recipe/recipe_main.h"

namespace roux {

// All of a recipe's main(): `return roux::eval_main<MyRecipe>(argc, argv);`
template <EvalRecipeLike R>
int eval_main(int argc, char** argv) {
  const auto* assets = roux_recipe_assets ? roux_recipe_assets() : nullptr;
  return recipe_main(eval_parts(std::make_shared<const R>()), assets, argc, argv);
}

}  // namespace roux
