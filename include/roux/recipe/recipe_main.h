#pragma once

#include "roux/recipe/assets.h"
#include "roux/recipe/recipe_parts.h"

namespace roux {

// The whole program of a recipe: reads the command line, configures, wires, checks and runs.
// Returns the exit code: 0 done, 1 failed while running, 2 the command line or the config is wrong,
// 128 + N stopped by signal N.
int recipe_main(const RecipeParts& recipe, const RecipeAssets* assets, int argc, char** argv);

}  // namespace roux
