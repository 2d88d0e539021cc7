#include <roux/recipe/generate_main.h>
#include "recipe.h"
int main(int argc, char** argv) {
  return roux::generate_main<roux::lm::LMGenerateRecipe>(argc, argv);
}
