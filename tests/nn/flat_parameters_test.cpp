#include "roux/nn/flat_parameters.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> group_names(const FlatParameters& flat) {
  std::vector<std::string> names;
  for (const FlatGroup& group : flat.groups()) {
    names.push_back(
        cat(group.block, '/', at::toString(group.dtype), group.trainable ? "" : "/frozen"));
  }
  return names;
}

TEST(FlatParameters, GroupByBlockDtypeAndTrainability) {
  Tower tower;
  set_dtype(tower, at::kBFloat16, [](const std::string& name) { return name == "blocks.1.scale"; });
  tower.block(0).shift().set_requires_grad(false);
  tower.foreign->weight.set_requires_grad(true);

  EXPECT_THAT(group_names(FlatParameters(tower)),
              ElementsAre("/Float", "blocks.0/Float", "blocks.0/Float/frozen", "blocks.1/BFloat16",
                          "blocks.1/Float"));
}

TEST(FlatParameters, AllocateNothingUntilAsked) {
  Tower tower;
  const FlatParameters flat(tower);

  for (const FlatGroup& group : flat.groups()) EXPECT_FALSE(group.values.defined());
  EXPECT_TRUE(tower.first->scale().is_meta());
}

TEST(FlatParameters, RefuseToFillMemoryThatTheyDoNotHave) {
  Tower tower;
  FlatParameters flat(tower);

  EXPECT_THROW(flat.initialise(RandomStream(1, "model")), InternalError);
  EXPECT_THROW(flat.allocate_gradients(), InternalError);
}

TEST(FlatParameters, StartEachParameterOn256Bytes) {
  Tower tower;
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);

  for (const FlatGroup& group : flat.groups()) {
    for (const FlatEntry& entry : group.entries) {
      const auto bytes = entry.offset * static_cast<std::int64_t>(c10::elementSize(group.dtype));
      EXPECT_EQ(bytes % 256, 0) << entry.name;
    }
  }
}

TEST(FlatParameters, MakeMembersViewsOfTheBuffer) {
  Tower tower;
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  const FlatEntry* entry = flat.find("blocks.1.scale");
  const FlatGroup& group = flat.groups()[2];
  ASSERT_EQ(group.block, "blocks.1");

  group.values.fill_(5.0);

  EXPECT_EQ(tower.block(1).scale()[2].item<float>(), 5.0F);
  EXPECT_TRUE(tower.named_parameters()["blocks.1.scale"].is_same(tower.block(1).scale()));
  EXPECT_EQ(tower.block(1).scale().data_ptr(),
            group.values.mutable_data_ptr<float>() + entry->offset);
}

TEST(FlatParameters, KeepWhatAForeignModuleHeld) {
  Tower tower;
  FlatParameters flat(tower);

  flat.materialise(at::kCPU);

  EXPECT_TRUE(at::equal(tower.foreign->weight, at::full({3}, 2.0)));
  const FlatEntry* entry = flat.find("foreign.weight");
  ASSERT_NE(entry, nullptr);
  flat.groups()[0].values.fill_(9.0);
  EXPECT_EQ(tower.foreign->weight[0].item<float>(), 9.0F);
}

// Views share their base's version counter, and backward() then refuses: each has one of its own.
TEST(FlatParameters, LetANeighbourBeWrittenBetweenForwardAndBackward) {
  Tower tower;
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));

  const at::Tensor loss = tower.first->apply(at::ones({5})).square().sum();
  {
    const at::NoGradGuard no_gradients;
    tower.first->shift().fill_(3.0);
  }

  EXPECT_NO_THROW(loss.backward());
}

TEST(FlatParameters, AccumulateGradientsInPlace) {
  Tower tower;
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  flat.allocate_gradients();
  const at::Tensor gradients = flat.groups()[0].gradients;

  for (int pass = 0; pass < 2; ++pass) tower.first->apply(at::full({5}, 3.0)).sum().backward();

  EXPECT_EQ(gradients[0].item<float>(), 6.0F);
  EXPECT_EQ(gradients[flat.find("first.shift")->offset].item<float>(), 2.0F);
  flat.zero_gradients();
  EXPECT_EQ(tower.first->scale().grad()[0].item<float>(), 0.0F);
  tower.first->apply(at::ones({5})).sum().backward();
  EXPECT_EQ(gradients[0].item<float>(), 1.0F);
}

TEST(FlatParameters, TakeGradientsWiderThanTheParameters) {
  Tower tower;
  set_dtype(tower, at::kBFloat16);
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));
  flat.allocate_gradients(at::kFloat);

  tower.first->apply(at::ones({5}, at::kBFloat16)).sum().backward();

  EXPECT_EQ(tower.first->scale().grad().scalar_type(), at::kFloat);
  EXPECT_EQ(flat.groups()[0].gradients[0].item<float>(), 1.0F);
}

TEST(FlatParameters, StartTheSameWhateverTheOrderOfTheParts) {
  class Backwards final : public Module {
   public:
    Backwards() {
      blocks = register_module("blocks", std::make_shared<BlockStack>());
      blocks->push_back(std::make_shared<Affine>(3));
      child(first, "first", 5);
    }
    std::shared_ptr<Affine> first;
    std::shared_ptr<BlockStack> blocks;
  };
  Tower one;
  Backwards other;
  for (Module* module : std::initializer_list<Module*>{&one, &other}) {
    FlatParameters flat(*module);
    flat.materialise(at::kCPU);
    flat.initialise(RandomStream(7, "model"));
  }

  EXPECT_TRUE(at::equal(one.first->scale(), other.first->scale()));
  EXPECT_TRUE(at::equal(one.block(0).scale(), dynamic_cast<Affine&>((*other.blocks)[0]).scale()));
  EXPECT_FALSE(at::equal(one.block(0).scale(), one.block(1).scale()));
}

TEST(FlatParameters, ComputeWithRoundedValuesAndKeepTheExactOnesOfWhatIsTrained) {
  Tower tower;
  tower.block(0).shift().set_requires_grad(false);
  FlatParameters flat(tower);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));
  const at::Tensor exact =
      tower.block(1).scale().detach().clone().fill_(1.0009765625);  // 1 + 2^-10
  entry_of(flat.groups().back().values, *flat.find("blocks.1.scale")).copy_(exact);
  flat.compute_in(at::kBFloat16);
  flat.allocate_gradients();

  EXPECT_EQ(tower.block(1).scale().scalar_type(), at::kBFloat16);
  EXPECT_TRUE(tower.block(1).scale().detach().eq(1.0).all().item<bool>());
  EXPECT_EQ(tower.block(1).scale().grad().scalar_type(), at::kFloat);
  for (const FlatGroup& group : flat.groups()) {
    EXPECT_EQ(group.masters.defined(), group.trainable);
    EXPECT_EQ(group.gradients.defined(), group.trainable);
  }
  const FlatGroup& last = flat.groups().back();
  EXPECT_TRUE(at::equal(entry_of(last.exact(), *flat.find("blocks.1.scale")), exact));

  last.masters.fill_(2.0);
  flat.round_masters();
  EXPECT_TRUE(tower.block(1).scale().detach().eq(2.0).all().item<bool>());
}

}  // namespace
}  // namespace roux::nn
