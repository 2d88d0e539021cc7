#include "roux/nn/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Module, DeclaresParametersWithoutMemory) {
  const Affine module(1'000'000'000'000);

  EXPECT_TRUE(module.scale().is_meta());
  EXPECT_TRUE(module.scale().requires_grad());
  EXPECT_EQ(module.scale().numel(), 1'000'000'000'000);
}

TEST(Module, GivesMemberAndRegistryTheSameTensor) {
  Affine module(2);

  module.assign(module.declared()[0], at::full({2}, 7.0));

  EXPECT_EQ(module.scale()[0].item<float>(), 7.0F);
  EXPECT_TRUE(module.named_parameters()["scale"].is_same(module.scale()));
}

TEST(Module, RefusesAValueOfAnotherShape) {
  Affine module(2);

  EXPECT_THROW(module.assign(module.declared()[0], at::full({3}, 7.0)), InternalError);
}

// LibTorch's own ways to move and to clear would silently leave the flat memory.
TEST(Module, RefusesWhatWouldLeaveTheFlatMemory) {
  Tower tower;
  torch::nn::Module& module = tower;

  EXPECT_THAT([&] { module.to(at::kCPU); }, ThrowsMessage<InternalError>(HasSubstr("materialise")));
  EXPECT_THAT([&] { module.to(at::kHalf); }, ThrowsMessage<InternalError>(HasSubstr("set_dtype")));
  EXPECT_THROW(module.to(at::kCPU, at::kHalf), InternalError);
  EXPECT_THAT([&] { module.zero_grad(); },
              ThrowsMessage<InternalError>(HasSubstr("zero_gradients")));
}

TEST(ParameterPlaces, AreThePathsInTheOrderOfRegistration) {
  const Tower tower;

  EXPECT_THAT(names_of(tower),
              ElementsAre("first.scale", "first.shift", "blocks.0.scale", "blocks.0.shift",
                          "blocks.1.scale", "blocks.1.shift", "foreign.weight"));
}

TEST(ParameterPlaces, ListAModuleThatStandsTwiceOnce) {
  class Twice final : public Module {
   public:
    Twice() {
      child(one_, "one", 2);
      register_module("again", one_);
    }

   private:
    std::shared_ptr<Affine> one_;
  };

  EXPECT_THAT(names_of(Twice()), ElementsAre("one.scale", "one.shift"));
  EXPECT_EQ(parameter_count(Twice()), 4);
}

TEST(ParameterPlaces, KnowNoOwnerOfAForeignParameter) {
  const Tower tower;

  for (const ParameterPlace& place : parameter_places(tower)) {
    EXPECT_EQ(place.owner == nullptr, place.name == "foreign.weight") << place.name;
  }
}

TEST(SetDtype, ChangesWhatHasNoMemoryYet) {
  Tower tower;

  set_dtype(tower, at::kBFloat16, [](const std::string& name) { return name != "first.shift"; });

  EXPECT_EQ(tower.first->scale().scalar_type(), at::kBFloat16);
  EXPECT_EQ(tower.first->shift().scalar_type(), at::kFloat);
  EXPECT_TRUE(tower.first->scale().requires_grad());
}

TEST(SetDtype, KeepsWhatIsFrozenFrozen) {
  Tower tower;
  tower.first->scale().set_requires_grad(false);

  set_dtype(tower, at::kHalf);

  EXPECT_FALSE(tower.first->scale().requires_grad());
}

TEST(SetDtype, IsTooLateOnceThereIsMemory) {
  Tower tower;
  FlatParameters(tower).materialise(at::kCPU);

  EXPECT_THROW(set_dtype(tower, at::kHalf), InternalError);
}

}  // namespace
}  // namespace roux::nn
