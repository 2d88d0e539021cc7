#include "recipe.h"

#include "roux/base/random.h"
#include "roux/config/component.h"
#include "roux/di/container.h"

void SkeletonConfig::describe(roux::config::Fields<SkeletonConfig>& field) {
  field("valley", &SkeletonConfig::valley, "What is walked down.");
  field("regime", &SkeletonConfig::regime, "How long, and what happens on the way.");
  field("common", &SkeletonConfig::common, "What every recipe has.");
}

void SkeletonRecipe::register_into(roux::di::Container& container) const {
  container.component<Valley>("bowl", make_bowl);
  container.component<Valley>("canyon", make_canyon);
  container.section<Valley>("valley");

  // Parameters are dependencies: who asks for a Start gets this one, made when it is first needed.
  container.provide<Start>([](const roux::RandomStream& random) {
    auto stream = random.child("start");
    const double x = stream.normal();
    return Start{{x, stream.normal()}};
  });
}

std::unique_ptr<roux::Trainer> SkeletonRecipe::create_trainer(roux::RecipeContext& context) const {
  return std::make_unique<SkeletonTrainer>(
      SkeletonTrainer::Parts{.regime = context.config<RegimeConfig>(),
                             .valley = context.get<Valley>(),
                             .start = context.get<Start>(),
                             .stop = context.get<roux::StopRequest>(),
                             .checkpoint = context.output_dir() / "checkpoint.toml"});
}
