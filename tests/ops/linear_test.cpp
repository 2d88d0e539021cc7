#include "roux/ops/linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "ops/kernel_check.h"
#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

struct Case {
  at::Tensor x;
  at::Tensor weight;
  at::Tensor bias;

  Case(at::ScalarType dtype, std::int64_t rows = 130, std::int64_t in = 70, std::int64_t out = 90)
      : x(leaf({rows, in}, 1, dtype)),
        weight(leaf({out, in}, 2, dtype)),
        bias(leaf({out}, 3, dtype)) {}

  static at::Tensor leaf(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType dtype) {
    return random_tensor(sizes, seed).to(dtype).set_requires_grad(true);
  }
};

double tolerance(at::ScalarType dtype) {
  return dtype == at::kBFloat16 ? 2e-2 : 1e-5;
}

bool near(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  const double scale = b.to(at::kDouble).abs().max().item<double>();
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() <= tolerance * scale;
}

TEST(Linear, IsATens) {
  for (const auto dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
    const Case our(dtype);
    const at::Tensor theirs = at::linear(our.x, our.weight, our.bias);
    EXPECT_TRUE(near(ops::linear(our.x, our.weight, our.bias), theirs, tolerance(dtype))) << dtype;
    EXPECT_TRUE(near(ops::linear(our.x, our.weight), theirs - our.bias, tolerance(dtype))) << dtype;
  }
}

TEST(Linear, OfFewRowsHasTheSameBitsOnAnyThreadsAndIsExactAtAnyLevel) {
  const auto linear = [](const Tensors& in) { return Tensors{ops::linear(in[0], in[1])}; };
  constexpr double kCancelling = 4.0;  // what a long sum adds mostly goes again
  for (const std::int64_t rows : {1, 4}) {
    for (const std::int64_t in : {1, 70, 768}) {
      const at::Tensor weights = random_tensor({300, in + 5}, 2);
      expect_kernels_match(cat(rows, " rows of ", in), linear,
                           {random_tensor({rows, in}, 1), weights.narrow(1, 2, in)}, kCancelling);
    }
  }
}

TEST(Linear, OfATextIsTheSameAloneAndBesideOthers) {
  const at::Tensor x = random_tensor({4, 70}, 1).to(at::kFloat);
  const at::Tensor weight = random_tensor({90, 70}, 2).to(at::kFloat);
  const at::Tensor all = ops::linear(x, weight);
  EXPECT_TRUE(is_same(ops::linear(x.narrow(0, 2, 1), weight), all.narrow(0, 2, 1)));
}

TEST(Linear, HasTheGradientOfDifferences) {
  const Case our(at::kDouble, 5, 3, 4);
  EXPECT_TRUE(gradcheck([](const Tensors& in) { return Tensors{ops::linear(in[0], in[1], in[2])}; },
                        {our.x, our.weight, our.bias}));
}

TEST(Linear, AddsToTheGradientThatIsThere) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Case our(dtype);
    const Case their(dtype);
    const at::Tensor incoming = random_tensor({130, 90}, 4).to(dtype);
    at::linear(their.x.to(at::kDouble), their.weight.to(at::kDouble), their.bias.to(at::kDouble))
        .backward(incoming.to(at::kDouble));

    const at::Tensor gradient =
        at::zeros_like(our.weight, at::TensorOptions(at::kFloat)).detach().fill_(1.0);
    our.weight.mutable_grad() = gradient;
    ops::linear(our.x, our.weight, our.bias).backward(incoming);
    EXPECT_TRUE(our.weight.grad().is_same(gradient));
    // Not rounded to bfloat16 on the way where the processor's products can do without.
    EXPECT_TRUE(near(gradient - 1.0, their.weight.grad(), tolerance(dtype))) << dtype;
    EXPECT_TRUE(near(our.x.grad(), their.x.grad(), tolerance(dtype))) << dtype;
    EXPECT_TRUE(near(our.bias.grad(), their.bias.grad(), tolerance(dtype))) << dtype;

    ops::linear(our.x, our.weight, our.bias).backward(incoming);
    EXPECT_TRUE(near(gradient - 1.0, 2.0 * their.weight.grad().to(at::kDouble), tolerance(dtype)));
  }
}

TEST(Linear, MakesNoGradientThatNobodyWants) {
  const Case our(at::kFloat);
  ops::linear(our.x.detach(), our.weight.detach(), our.bias).sum().backward();
  EXPECT_FALSE(our.x.grad().defined());
  EXPECT_FALSE(our.weight.grad().defined());
  EXPECT_TRUE(our.bias.grad().defined());
}

TEST(Linear, TakesNoRows) {
  const Case our(at::kBFloat16, 0, 4, 3);
  const at::Tensor y = ops::linear(our.x, our.weight, our.bias);
  EXPECT_EQ(y.sizes(), (std::vector<std::int64_t>{0, 3}));
  y.sum().backward();
  EXPECT_EQ(our.weight.grad().abs().sum().item<double>(), 0.0);
}

}  // namespace
}  // namespace roux::ops
