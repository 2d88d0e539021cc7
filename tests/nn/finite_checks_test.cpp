#include "roux/nn/finite_checks.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sqrt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/small_modules.h"
#include "roux/base/error.h"
#include "roux/nn/activation_checkpointing.h"
#include "support/tensors.h"

namespace roux::nn {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// y = sqrt(|x * scale|): where x is zero it is finite, and its gradient is not.
class Root final : public Block {
 public:
  Root() { parameter(scale_, "scale", {3}, Init::ones()); }

  BlockOutput forward(const at::Tensor& x, const PassContext&) override {
    return {at::sqrt(at::abs(x * scale_)), {}};
  }

 private:
  at::Tensor scale_;
};

struct Stack {
  explicit Stack(const std::vector<std::shared_ptr<Block>>& all) {
    for (const auto& block : all) blocks.push_back(block);
  }

  void allocate(FiniteChecks::Scope scope = FiniteChecks::Scope::ForwardAndBackward) {
    flat = std::make_unique<FlatParameters>(blocks);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "model"));
    flat->allocate_gradients();
    FiniteChecks(scope).wrap(blocks, "layers");
  }

  void set(const std::string& name, float value) {
    const at::NoGradGuard no_gradients;
    flat->find(name)->place.value.fill_(value);
  }
  at::Tensor run(const at::Tensor& x) { return blocks.forward(x, {}).hidden.sum(); }

  BlockStack blocks;
  std::unique_ptr<FlatParameters> flat;
};

std::shared_ptr<Block> affine() {
  return std::make_shared<Affine>(3);
}

TEST(FiniteChecks, NameTheBlockWithAWeightThatIsNan) {
  Stack stack({affine(), affine(), affine(), affine()});
  stack.allocate();
  stack.set("2.scale", kNan);

  EXPECT_THAT([&] { stack.run(at::ones({3})); },
              ThrowsMessage<Error>(AllOf(HasSubstr("the forward pass of layers.2 "),
                                         HasSubstr("NaN in 3 of 3 numbers"),
                                         HasSubstr("its parameter layers.2.scale"))));
}

TEST(FiniteChecks, LookAtPassesWithoutGradientsToo) {
  Stack stack({affine(), affine()});
  stack.allocate();
  stack.set("1.shift", std::numeric_limits<float>::infinity());
  const at::NoGradGuard no_gradients;

  EXPECT_THAT([&] { stack.run(at::ones({3})); },
              ThrowsMessage<Error>(AllOf(HasSubstr("the forward pass of layers.1 "),
                                         HasSubstr("infinity in 3 of 3 numbers"))));
}

TEST(FiniteChecks, NameTheBlockWhoseBackwardPassGivesNan) {
  for (const bool checkpointed : {false, true}) {
    Stack stack({affine(), affine(), std::make_shared<Root>(), affine()});
    if (checkpointed) checkpoint_blocks(stack.blocks);
    stack.allocate();
    stack.set("1.scale", 0.0F);
    const at::Tensor loss = stack.run(at::ones({3}));

    EXPECT_THAT([&] { loss.backward(); },
                ThrowsMessage<Error>(AllOf(HasSubstr("the backward pass of layers.2 "),
                                           HasSubstr("gives its input a gradient"),
                                           HasSubstr("its parameters are finite"))));
  }
}

// As the first block above a frozen embedding.
TEST(FiniteChecks, NameAParameterWhoseGradientOverflowsWhereTheInputNeedsNone) {
  for (const bool checkpointed : {false, true}) {
    Stack stack({affine(), affine()});
    if (checkpointed) checkpoint_blocks(stack.blocks);
    stack.allocate();
    stack.set("0.scale", 1e-30F);
    const at::Tensor loss = stack.run(at::ones({3}) * 1e30) * 1e20;

    EXPECT_THAT([&] { loss.backward(); },
                ThrowsMessage<Error>(AllOf(HasSubstr("the backward pass of layers.0 "),
                                           HasSubstr("gives layers.0.scale a gradient"))));
  }
}

TEST(FiniteChecks, LookAtWhatTheyAreToldTo) {
  Stack stack({affine(), std::make_shared<Root>()});
  stack.allocate(FiniteChecks::Scope::Forward);
  stack.set("0.scale", 0.0F);
  Stack unchecked({affine()});
  unchecked.allocate(FiniteChecks::Scope::Nothing);
  unchecked.set("0.scale", kNan);

  EXPECT_NO_THROW(stack.run(at::ones({3})).backward());
  EXPECT_NO_THROW(unchecked.run(at::ones({3})));
}

TEST(FiniteChecks, ChangeNoBit) {
  const auto gradients = [](FiniteChecks::Scope scope) {
    Stack stack({affine(), affine(), affine()});
    stack.allocate(scope);
    const at::Tensor x = leaf(random_tensor({7, 3}, 1, at::kFloat));
    stack.run(x).backward();
    return std::pair(x.grad(), stack.flat->groups()[0].gradients);
  };

  const auto checked = gradients(FiniteChecks::Scope::ForwardAndBackward);
  const auto plain = gradients(FiniteChecks::Scope::Nothing);

  EXPECT_TRUE(is_same(checked.first, plain.first));
  EXPECT_TRUE(is_same(checked.second, plain.second));
}

}  // namespace
}  // namespace roux::nn
