#include "roux/ops/activation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>
#include <gtest/gtest.h>

#include <limits>

#include "ops/kernel_check.h"
#include "ops/level_override.h"
#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

const std::vector<Activation> kAll{Activation::Silu, Activation::Gelu, Activation::GeluTanh,
                                   Activation::Relu};

at::Tensor input(at::IntArrayRef sizes, std::uint64_t seed) {
  return (random_tensor(sizes, seed) * 3.0).set_requires_grad(true);
}

TensorFunction activating(Activation activation) {
  return [activation](const Tensors& in) { return Tensors{activate(in[0], activation)}; };
}
TensorFunction gating(Activation activation) {
  return [activation](const Tensors& in) { return Tensors{gated(in[0], in[1], activation)}; };
}

TEST(Activate, IsATensReference) {
  const at::Tensor x = random_tensor({50}, 1);

  EXPECT_TRUE(is_same(activate(x, Activation::Silu), at::silu(x)));
  EXPECT_TRUE(is_same(activate(x, Activation::Gelu), at::gelu(x)));
  EXPECT_TRUE(is_same(activate(x, Activation::GeluTanh), at::gelu(x, "tanh")));
  EXPECT_TRUE(is_same(activate(x, Activation::Relu), at::relu(x)));
}

TEST(Activate, HasTheGradientOfDifferences) {
  for (const Activation activation : kAll) {
    EXPECT_TRUE(gradcheck(activating(activation), {input({3, 5}, 1)}));
    EXPECT_TRUE(gradcheck(gating(activation), {input({3, 5}, 1), input({3, 5}, 2)}));
    EXPECT_TRUE(gradcheck(gating(activation), {input({3, 5}, 1).detach(), input({3, 5}, 2)}));
  }
}

TEST(Activate, IsTheSameByKernels) {
  for (const Activation activation : kAll) {
    const std::string what = cat("activation ", static_cast<int>(activation));
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{3, 5, 7}, {1}, {0, 4}, {20, 1031}}) {
      expect_kernels_match(what, activating(activation), {input(shape, 1)}, 4.0);
      expect_kernels_match(what + ", gated", gating(activation), {input(shape, 1), input(shape, 2)},
                           8.0);
    }
  }
}

TEST(Gated, TakesTheHalvesOfAFusedProjection) {
  const auto halves = [](const Tensors& in) {
    return Tensors{gated(in[0].narrow(1, 0, 37), in[0].narrow(1, 37, 37), Activation::Silu)};
  };
  expect_kernels_match("halves", halves, {input({9, 74}, 1)}, 8.0);
  const auto turned = [](const Tensors& in) {
    return Tensors{gated(in[0].t(), in[1], Activation::Silu)};
  };
  expect_kernels_match("a transposed gate", turned, {input({9, 7}, 1), input({7, 9}, 2)}, 8.0);
}

TEST(Gated, LeavesOutTheGradientThatIsNotNeeded) {
  expect_kernels_match("a frozen gate", gating(Activation::Silu),
                       {input({9, 7}, 1).detach(), input({9, 7}, 2)}, 8.0);
  expect_kernels_match("a frozen up", gating(Activation::Silu),
                       {input({9, 7}, 1), input({9, 7}, 2).detach()}, 8.0);
}

TEST(Activate, StaysRightFarOut) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const CpuLevel level : levels_of_this_cpu()) {
    if (level == CpuLevel::Reference) continue;  // ATen's has NaN at infinity
    const LevelOverride override(level);
    for (const Activation activation : kAll) {
      const at::Tensor x = random_tensor({6}, 1, at::kFloat);
      x[0] = 1000.0F;
      x[1] = -1000.0F;
      x[2] = std::numeric_limits<float>::quiet_NaN();
      x[3] = kInfinity;
      const at::Tensor y = activate(x, activation);

      EXPECT_EQ(y[0].item<float>(), 1000.0F);
      EXPECT_EQ(y[1].item<float>(), 0.0F);
      EXPECT_TRUE(std::isnan(y[2].item<float>()));
      EXPECT_EQ(y[3].item<float>(), kInfinity);
    }
  }
}

}  // namespace
}  // namespace roux::ops
