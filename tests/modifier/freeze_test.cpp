#include "roux/modifier/freeze.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"
#include "support/config_text.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::string> trained_of(const torch::nn::Module& model) {
  std::vector<std::string> names;
  for (const nn::ParameterPlace& place : nn::parameter_places(model)) {
    if (place.value.requires_grad()) names.push_back(place.name);
  }
  return names;
}

void freeze(nn::Tower& tower, std::vector<std::string> params) {
  make_freeze({std::move(params)})->model_built(tower);
}

TEST(Freeze, KeepsEachParameterWhoseNameBeginsWithAPattern) {
  nn::Tower tower;

  freeze(tower, {"first", R"(blocks\.[01]\.shift)"});

  EXPECT_THAT(trained_of(tower), ElementsAre("blocks.0.scale", "blocks.1.scale", "foreign.weight"));
}

TEST(Freeze, TakesAPatternFromTheBeginningOfANameOnly) {
  nn::Tower tower;

  freeze(tower, {".*scale", "foreign"});

  EXPECT_THAT(trained_of(tower), ElementsAre("first.shift", "blocks.0.shift", "blocks.1.shift"));
  EXPECT_THROW(freeze(tower, {"scale"}), ConfigError);
}

TEST(Freeze, LeavesAFrozenParameterWithoutAGradient) {
  nn::Tower tower;
  freeze(tower, {R"(blocks\.0)", "first", "foreign"});
  nn::FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));
  flat.allocate_gradients();

  tower.blocks->forward(at::ones({3}), {}).hidden.sum().backward();

  EXPECT_FALSE(tower.block(0).scale().requires_grad());
  EXPECT_FALSE(tower.block(0).scale().grad().defined());
  EXPECT_EQ(tower.block(1).shift().grad().sum().item<float>(), 3.0F);
}

TEST(Freeze, RefusesAPatternThatMeetsNothing) {
  nn::Tower tower;

  EXPECT_THAT(
      [&] {
        freeze(tower, {"first", "blocks.7", "last"});
      },
      ThrowsMessage<ConfigError>(
          AllOf(HasSubstr("\"blocks.7\""), HasSubstr("first.scale, for one"))));
}

TEST(Freeze, RefusesToLeaveNothing) {
  nn::Tower tower;

  EXPECT_THAT(
      [&] {
        freeze(tower, {"blocks", "f"});
      },
      ThrowsMessage<ConfigError>(HasSubstr("nothing to be trained")));
}

TEST(Freeze, RefusesWhatIsNoRegularExpressionAndAnEmptyList) {
  EXPECT_THAT([] { make_freeze({{"layers.(0"}}); },
              ThrowsMessage<ConfigError>(HasSubstr("\"layers.(0\"")));
  EXPECT_THAT(problems_of(FreezeConfig{}), ElementsAre(HasSubstr("params")));
}

}  // namespace
}  // namespace roux
