#include "roux/optim/register.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "optim/small_model.h"
#include "roux/config/sections/regime.h"
#include "roux/di/container.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/lr_scheduler_config.h"
#include "roux/optim/optimizers.h"

namespace roux {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_of(const di::Container& container, const di::TypeId& kind) {
  std::vector<std::string> names;
  for (const auto& component : container.components(kind)) names.push_back(component.name);
  return names;
}

TEST(RegisterOptimizers, KnowsThemAllByName) {
  di::Container container;
  register_optimizers(container);

  EXPECT_THAT(names_of(container, di::TypeId::of<Optimizer>()),
              ElementsAre("adamw", "adamw8bit", "adafactor", "lion", "muon", "sgd"));
  EXPECT_THAT(names_of(container, di::TypeId::of<LrScheduler>()),
              ElementsAre("passthrough", "cosine_annealing", "myle", "noam", "polynomial_decay",
                          "tri_stage", "wsd"));
}

TEST(RegisterOptimizers, MakesWhatTheConfigChose) {
  SmallModel model(parity_parameters());
  const OptimizerParts parts{.parameters = model.parameters()};
  const RegimeConfig regime{.num_steps = 100};
  di::Container container;
  register_optimizers(container);
  container.instance<const OptimizerParts>(parts);
  container.instance<const RegimeConfig>(regime);
  container.choose("optimizer", "lion", std::make_shared<LionConfig>(LionConfig{.lr = 0.5}));
  container.choose(
      "lr_scheduler", "polynomial_decay",
      std::make_shared<PolynomialDecayConfig>(PolynomialDecayConfig{.num_warmup_steps = 10}));
  container.seal();

  EXPECT_THAT(container.get<Optimizer>().base_lrs(), ElementsAre(0.5));
  EXPECT_THAT(container.get<LrScheduler>().lrs(10), ElementsAre(0.5));
  EXPECT_THAT(container.get<LrScheduler>().lrs(100), ElementsAre(0.0));
}

}  // namespace
}  // namespace roux
