#include <roux/recipe/train_main.h>
#include "recipe.h"
int main(int argc, char** argv) { return roux::train_main<roux::lm::LMTrainRecipe>(argc, argv); }
