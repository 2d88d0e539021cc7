#include "recipe.h"

#include "roux/base/random.h"
#include "roux/config/component.h"
#include "roux/di/container.h"

namespace line {

void LineConfig::describe(roux::config::Fields<LineConfig>& field) {
  field("data", &LineConfig::data, "The points.");
  field("descent", &LineConfig::descent, "How the line is moved towards them.");
  field("regime", &LineConfig::regime, "How long, and what happens on the way.");
  field("common", &LineConfig::common, "What every recipe has.");
}

void LineRecipe::register_into(roux::di::Container& container) const {
  container.component<Descent>("gradient", make_gradient_descent);
  container.component<Descent>("momentum", make_momentum_descent);
  container.section<Descent>("descent");

  container.provide<Data>([](const DataConfig& config, const roux::RandomStream& random) {
    return std::make_unique<Data>(config, random.child("data"));
  });
}

std::unique_ptr<roux::Trainer> LineRecipe::create_trainer(roux::RecipeContext& context) const {
  return std::make_unique<LineTrainer>(
      LineTrainer::Parts{.regime = context.config<RegimeConfig>(),
                         .data = context.get<Data>(),
                         .descent = context.get<Descent>(),
                         .stop = context.get<roux::StopRequest>(),
                         .checkpoint = context.output_dir() / "checkpoint.toml"});
}

}  // namespace line
