#include <iostream>

#include "../arguments.h"
#include "../launch.h"
#include "../lookup.h"
#include "../verb.h"
#include "roux/base/files.h"

namespace roux::driver {
namespace {

int print(const Words& words) {
  const Arguments arguments =
      parse_arguments(words, {.verb = "cat", .operands = {"RECIPE[/PRESET]"}});
  const Found found = find_recipe_or_preset(arguments.operands[0]);
  if (!found.preset) become(found.recipe.program, {"--dump-config"});
  std::cout << read_file(*found.preset);
  return 0;
}

}  // namespace

Verb cat_verb() {
  return {"cat", "RECIPE[/PRESET]", "prints a preset, or a recipe's whole config",
          "For RECIPE alone: every key with its doc and its default, as the recipe's program\n"
          "prints it for --dump-config.\n",
          print};
}

}  // namespace roux::driver
