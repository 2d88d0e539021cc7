// An extension as a user would write it: one more adder.
#include "recipe/counting_recipe.h"
#include "roux/recipe/extension.h"

namespace {

struct HundredConfig {
  int times = 1;

  static void describe(roux::config::Fields<HundredConfig>& field) {
    field("times", &HundredConfig::times, "How many hundreds.").at_least(1);
  }
};

void register_hundred(roux::di::Container& container) {
  container.component<roux::Adder>("hundred", [](const HundredConfig& config) {
    return std::make_unique<roux::FixedAdder>(100 * config.times);
  });
}

}  // namespace

ROUX_EXTENSION(register_hundred)
