#include "roux/nn/activation_checkpointing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/relu.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <map>

#include "nn/small_modules.h"
#include "roux/base/error.h"
#include "roux/nn/feed_forward.h"
#include "support/counted_memory.h"
#include "support/tensors.h"

namespace roux::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr std::int64_t kDim = 16;

// A mixture of experts beside what came in, which counts how often it runs.
class Mixing final : public Block {
 public:
  Mixing() {
    child(mixture_, "mlp", MixtureOptions{.experts = 4, .top_k = 2},
          FeedForwardOptions{.dim = kDim, .inner_dim = 24, .init_deviation = 0.5});
  }

  BlockOutput forward(const at::Tensor& x, const PassContext&) override {
    ++runs;
    BlockOutput output = mixture_->forward(x);
    output.hidden = x + output.hidden;
    return output;
  }

  int runs = 0;

 private:
  std::shared_ptr<MixtureOfExperts> mixture_;
};

struct Mixture {
  Mixture() {
    for (int i = 0; i < 4; ++i) stack.push_back(std::make_shared<Mixing>());
  }

  void allocate() {
    flat = std::make_unique<FlatParameters>(stack);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "model"));
    flat->allocate_gradients();
  }

  // Of the hidden states and, with `routed`, of the routers' logits too.
  at::Tensor loss(const at::Tensor& x, bool routed = true) {
    const BlockStack::Output output = stack.forward(x, {});
    at::Tensor loss = (output.hidden * output.hidden).sum();
    if (routed) {
      for (const at::Tensor& logits : output.router_logits) loss = loss + (logits * logits).sum();
    }
    return loss;
  }

  std::map<std::string, at::Tensor> gradients() const {
    std::map<std::string, at::Tensor> all;
    for (const ParameterPlace& place : parameter_places(stack)) {
      all[place.name] = place.value.grad().clone();
    }
    return all;
  }

  std::vector<int> runs() {
    std::vector<int> runs;
    for (std::int64_t i = 0; i < stack.size(); ++i) {
      runs.push_back(dynamic_cast<Mixing&>(stack[i]).runs);
    }
    return runs;
  }

  BlockStack stack;
  std::unique_ptr<FlatParameters> flat;
};

void expect_same_gradients(const Mixture& actual, const Mixture& expected) {
  const auto all = actual.gradients();
  for (const auto& [name, gradient] : expected.gradients()) {
    EXPECT_TRUE(is_same(all.at(name), gradient)) << name;
    EXPECT_GT(gradient.abs().sum().item<float>(), 0.0F) << name;
  }
}

at::Tensor input(std::uint64_t seed, bool requires_grad = true) {
  return leaf(random_tensor({32, kDim}, seed, at::kFloat), requires_grad);
}

TEST(ActivationCheckpointing, ChangesNoBit) {
  for (const bool routed : {true, false}) {
    Mixture plain;
    Mixture checkpointed;
    plain.allocate();
    checkpointed.allocate();
    checkpoint_blocks(checkpointed.stack);
    const at::Tensor x = input(1);
    const at::Tensor y = input(1);

    const at::Tensor expected = plain.loss(x, routed);
    const at::Tensor actual = checkpointed.loss(y, routed);
    expected.backward();
    actual.backward();

    EXPECT_TRUE(is_same(actual, expected));
    EXPECT_TRUE(is_same(y.grad(), x.grad()));
    const auto all = checkpointed.gradients();
    for (const auto& [name, gradient] : plain.gradients()) {
      EXPECT_TRUE(is_same(all.at(name), gradient)) << name;
    }
  }
}

TEST(ActivationCheckpointing, GivesGradientsWhereTheInputNeedsNone) {
  Mixture plain;
  Mixture checkpointed;
  plain.allocate();
  checkpointed.allocate();
  checkpoint_blocks(checkpointed.stack);

  plain.loss(input(1, /*requires_grad=*/false)).backward();
  checkpointed.loss(input(1, /*requires_grad=*/false)).backward();

  expect_same_gradients(checkpointed, plain);
}

TEST(ActivationCheckpointing, AddsMicroBatchesUp) {
  Mixture plain;
  Mixture checkpointed;
  plain.allocate();
  checkpointed.allocate();
  checkpoint_blocks(checkpointed.stack);

  for (const std::uint64_t seed : {1U, 2U}) {
    plain.loss(input(seed)).backward();
    checkpointed.loss(input(seed)).backward();
  }
  // Two passes under way at a time.
  for (Mixture* each : {&plain, &checkpointed}) {
    const at::Tensor first = each->loss(input(3));
    const at::Tensor second = each->loss(input(4));
    second.backward();
    first.backward();
  }

  expect_same_gradients(checkpointed, plain);
}

TEST(ActivationCheckpointing, ComputesEveryNthBlockAgain) {
  Mixture all;
  Mixture some;
  all.allocate();
  some.allocate();
  checkpoint_blocks(all.stack, 1);
  checkpoint_blocks(some.stack, 3);

  all.loss(input(1)).backward();
  some.loss(input(1)).backward();

  EXPECT_THAT(all.runs(), ElementsAre(2, 2, 2, 2));
  EXPECT_THAT(some.runs(), ElementsAre(2, 1, 1, 2));
}

TEST(ActivationCheckpointing, ComputesNothingAgainThatNeedsNoGradient) {
  Mixture mixture;
  for (const at::Tensor& each : mixture.stack[0].parameters()) {
    at::Tensor(each).set_requires_grad(false);
  }
  mixture.allocate();
  checkpoint_blocks(mixture.stack);

  {
    const at::NoGradGuard no_gradients;
    mixture.loss(input(1));
  }
  EXPECT_THAT(mixture.runs(), ElementsAre(1, 1, 1, 1));
  mixture.loss(input(1, /*requires_grad=*/false)).backward();
  EXPECT_THAT(mixture.runs(), ElementsAre(2, 3, 3, 3));
}

TEST(ActivationCheckpointing, PassesGradientsThroughAFrozenBlock) {
  Mixture plain;
  Mixture checkpointed;
  for (Mixture* each : {&plain, &checkpointed}) {
    for (const at::Tensor& weight : each->stack[2].parameters()) {
      at::Tensor(weight).set_requires_grad(false);
    }
    each->allocate();
  }
  checkpoint_blocks(checkpointed.stack);
  const at::Tensor x = input(1);
  const at::Tensor y = input(1);

  plain.loss(x).backward();
  checkpointed.loss(y).backward();

  EXPECT_TRUE(is_same(y.grad(), x.grad()));
  EXPECT_FALSE(checkpointed.stack[2].parameters()[0].grad().defined());
}

TEST(ActivationCheckpointing, HoldsLess) {
  const auto peak = [](bool checkpointed) {
    Mixture mixture;
    mixture.allocate();
    if (checkpointed) checkpoint_blocks(mixture.stack);
    const at::Tensor x = leaf(random_tensor({2048, kDim}, 1, at::kFloat));
    const CountedMemory memory;
    mixture.loss(x).backward();
    return memory.peak();
  };

  const std::size_t all = peak(false);
  const std::size_t less = peak(true);

  EXPECT_LT(static_cast<double>(less), 0.6 * static_cast<double>(all));
}

TEST(ActivationCheckpointing, RefusesAPassThatWouldMissTheParameters) {
  Mixture mixture;
  mixture.allocate();
  checkpoint_blocks(mixture.stack);
  const at::Tensor x = input(1);
  const at::Tensor loss = mixture.loss(x);

  EXPECT_THAT([&] { torch::autograd::grad({loss}, {x}); },
              ThrowsMessage<Error>(HasSubstr("backward()")));
  EXPECT_THAT([&] { mixture.loss(x).backward({}, /*retain_graph=*/true, /*create_graph=*/true); },
              ThrowsMessage<Error>(HasSubstr("second derivative")));
}

}  // namespace
}  // namespace roux::nn
