#include "roux/nn/block_stack.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nn/small_modules.h"
#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;

struct Fixture {
  Fixture() {
    FlatParameters flat(tower);
    flat.materialise(at::kCPU);
    const at::NoGradGuard no_gradients;
    tower.block(0).scale().fill_(2.0);
    tower.block(1).shift().fill_(1.0);
    tower.block(1).scale().fill_(10.0);
  }

  BlockStack::Output run() {
    const ops::AttentionLayout layout;
    return tower.blocks->forward(at::ones({3}), {layout, {}, nullptr});
  }

  Tower tower;
};

TEST(BlockStack, RunsItsBlocksInOrder) {
  Fixture fixture;

  const auto output = fixture.run();

  EXPECT_EQ(output.hidden[0].item<float>(), 21.0F);
  EXPECT_TRUE(output.router_logits.empty());
}

TEST(BlockStack, WrapsEachBlockTheLastWrapperOutermost) {
  Fixture fixture;
  std::vector<std::string> calls;
  for (const char* name : {"inner", "outer"}) {
    fixture.tower.blocks->wrap(
        [&calls, name](std::int64_t block, const at::Tensor& x, const BlockStack::Next& next) {
          calls.push_back(cat(name, ' ', block));
          return next(x);
        });
  }

  EXPECT_EQ(fixture.run().hidden[0].item<float>(), 21.0F);
  EXPECT_THAT(calls, ElementsAre("outer 0", "inner 0", "outer 1", "inner 1"));
}

TEST(BlockStack, LetsAWrapperComputeABlockAgain) {
  Fixture fixture;
  fixture.tower.blocks->wrap([](std::int64_t, const at::Tensor& x, const BlockStack::Next& next) {
    next(x);
    return next(x);
  });

  EXPECT_EQ(fixture.run().hidden[0].item<float>(), 21.0F);
}

// Activation checkpointing runs a block again in the backward pass, when whoever began the pass has
// returned.
TEST(BlockStack, LetsAWrapperComputeABlockAgainOnceThePassIsOver) {
  class Counting final : public Block {
   public:
    BlockOutput forward(const at::Tensor& x, const PassContext& context) override {
      return {x + static_cast<double>(context.layout.spans().size()), {}};
    }
  };
  BlockStack stack;
  stack.push_back(std::make_shared<Counting>());
  BlockStack::Next kept;
  stack.wrap([&](std::int64_t, const at::Tensor& x, const BlockStack::Next& next) {
    kept = next;
    return next(x);
  });
  {
    const std::vector<ops::AttentionSpan> spans(3);
    stack.forward(at::ones({1}), {ops::AttentionLayout(spans), {}, nullptr});
  }

  EXPECT_EQ(kept(at::ones({1})).hidden[0].item<float>(), 4.0F);
}

}  // namespace
}  // namespace roux::nn
