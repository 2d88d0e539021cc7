#include "roux/ops/norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rms_norm.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/kernel_check.h"
#include "ops/passes.h"
#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

// Odd sizes, none, one, and rows longer and shorter than any vector.
const std::vector<std::vector<std::int64_t>> kShapes{{3, 5, 7}, {1, 1},   {1, 64},   {0, 16},
                                                     {130, 33}, {2, 288}, {1, 1031}, {5}};

at::Tensor input(at::IntArrayRef sizes, std::uint64_t seed) {
  return random_tensor(sizes, seed).set_requires_grad(true);
}

Tensors rms(const Tensors& in) {
  return {rms_norm(in[0], in[1], 1e-5, 1.0)};
}
Tensors layer(const Tensors& in) {
  return {layer_norm(in[0], in[1], in[2], 1e-5)};
}

TEST(RmsNorm, IsATensReference) {
  const at::Tensor x = random_tensor({3, 7}, 1);
  const at::Tensor weight = random_tensor({7}, 2);

  EXPECT_TRUE(is_close(rms_norm(x, weight, 1e-6), at::rms_norm(x, {7}, weight, 1e-6),
                       tolerance_of(at::kDouble)));
  EXPECT_TRUE(is_close(rms_norm(x, weight, 1e-6, 1.0), at::rms_norm(x, {7}, weight + 1.0, 1e-6),
                       tolerance_of(at::kDouble)));
  EXPECT_TRUE(
      is_close(rms_norm(x, {}, 1e-6), at::rms_norm(x, {7}, {}, 1e-6), tolerance_of(at::kDouble)));
}

TEST(RmsNorm, HasTheGradientOfDifferences) {
  EXPECT_TRUE(gradcheck(rms, {input({3, 5}, 1), input({5}, 2)}));
  EXPECT_TRUE(gradcheck(rms, {input({3, 5}, 1), at::Tensor()}));
  EXPECT_TRUE(gradcheck(rms, {input({3, 5}, 1).detach(), input({5}, 2)}));
}

TEST(RmsNorm, IsTheSameByKernels) {
  for (const auto& shape : kShapes) {
    const std::string what = cat("rms_norm of ", at::IntArrayRef(shape));
    expect_kernels_match(what, rms, {input(shape, 1), input({shape.back()}, 2)}, 10.0);
  }
  expect_kernels_match("no weight", rms, {input({9, 31}, 1), at::Tensor()}, 10.0);
  expect_kernels_match("a frozen weight", rms, {input({9, 31}, 1), input({31}, 2).detach()}, 10.0);
  expect_kernels_match("a frozen input", rms, {input({9, 31}, 1).detach(), input({31}, 2)}, 10.0);
}

TEST(RmsNorm, TakesRowsThatLieApart) {
  const auto sliced = [](const Tensors& in) {
    return Tensors{rms_norm(in[0].narrow(1, 3, 20), in[1], 1e-5)};
  };
  expect_kernels_match("a slice", sliced, {input({9, 40}, 1), input({20}, 2)}, 10.0);
  const auto turned = [](const Tensors& in) { return Tensors{rms_norm(in[0].t(), in[1], 1e-5)}; };
  expect_kernels_match("a transposed one", turned, {input({9, 40}, 1), input({9}, 2)}, 10.0);
  const auto heads = [](const Tensors& in) {
    return Tensors{rms_norm(in[0].narrow(1, 1, 2), in[1], 1e-5)};
  };
  expect_kernels_match("some heads", heads, {input({4, 5, 8}, 1), input({8}, 2)}, 10.0);
  const auto expanded = [](const Tensors& in) {
    return Tensors{rms_norm(in[0].unsqueeze(0).expand({3, 4, 8}), in[1], 1e-5)};
  };
  expect_kernels_match("an expanded one", expanded, {input({4, 8}, 1), input({8}, 2)}, 10.0);
}

TEST(RmsNorm, GivesXsDtypeWhateverTheWeights) {
  const at::Tensor x = random_tensor({4, 24}, 1, at::kBFloat16).set_requires_grad(true);
  const at::Tensor weight = random_tensor({24}, 2, at::kFloat).set_requires_grad(true);

  const Passes passes = run_passes(rms, {x, weight});

  EXPECT_EQ(passes.results[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(passes.gradients[0].scalar_type(), at::kBFloat16);
  EXPECT_EQ(passes.gradients[1].scalar_type(), at::kFloat);
}

TEST(RmsNorm, RefusesASecondDerivative) {
  const at::Tensor x = input({2, 4}, 1).detach().to(at::kFloat).set_requires_grad(true);
  if (!passes::runs_by_kernel(x)) GTEST_SKIP() << "the reference has one";
  const at::Tensor y = rms_norm(x, {}, 1e-5).sum();

  EXPECT_THAT(
      [&] { y.backward({}, /*retain_graph=*/true, /*create_graph=*/true); },
      ::testing::ThrowsMessage<Error>(::testing::HasSubstr("rms_norm has no second derivative")));
}

TEST(RmsNorm, RefusesAWeightOfAnotherSize) {
  EXPECT_THROW(rms_norm(random_tensor({2, 4}, 1, at::kFloat), random_tensor({1}, 1), 1e-5),
               InternalError);
  EXPECT_THROW(
      rms_norm(random_tensor({2, 4}, 1, at::kFloat), random_tensor({5}, 1, at::kFloat), 1e-5),
      InternalError);
}

TEST(LayerNorm, IsATensReference) {
  const at::Tensor x = random_tensor({3, 7}, 1);
  const at::Tensor weight = random_tensor({7}, 2);
  const at::Tensor bias = random_tensor({7}, 3);

  EXPECT_TRUE(is_close(layer_norm(x, weight, bias, 1e-6),
                       at::layer_norm(x, {7}, weight, bias, 1e-6), tolerance_of(at::kDouble)));
  EXPECT_TRUE(is_close(layer_norm(x, {}, {}, 1e-6), at::layer_norm(x, {7}, {}, {}, 1e-6),
                       tolerance_of(at::kDouble)));
}

TEST(LayerNorm, HasTheGradientOfDifferences) {
  EXPECT_TRUE(gradcheck(layer, {input({3, 5}, 1), input({5}, 2), input({5}, 3)}));
  EXPECT_TRUE(gradcheck(layer, {input({3, 5}, 1), at::Tensor(), input({5}, 3)}));
}

TEST(LayerNorm, IsTheSameByKernels) {
  for (const auto& shape : kShapes) {
    if (shape.back() == 1) continue;  // nothing but eps is left of one number
    const std::string what = cat("layer_norm of ", at::IntArrayRef(shape));
    expect_kernels_match(
        what, layer, {input(shape, 1), input({shape.back()}, 2), input({shape.back()}, 3)}, 10.0);
  }
  expect_kernels_match("no weight", layer, {input({9, 31}, 1), at::Tensor(), input({31}, 3)}, 10.0);
  expect_kernels_match("no bias", layer, {input({9, 31}, 1), input({31}, 2), at::Tensor()}, 10.0);
}

}  // namespace
}  // namespace roux::ops
