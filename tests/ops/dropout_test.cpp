#include "roux/ops/dropout.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ops/kernel_check.h"
#include "ops/level_override.h"
#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

const RandomStream kStream(7, "dropout");

TensorFunction dropping(double p, std::uint64_t first = 0) {
  return [=](const Tensors& in) { return Tensors{dropout(in[0], p, kStream, first)}; };
}

at::Tensor input(at::IntArrayRef sizes) {
  return random_tensor(sizes, 1).set_requires_grad(true);
}

TEST(Dropout, KeepsWhatItsStreamSays) {
  const at::Tensor y = dropout(at::ones({100}, at::TensorOptions(at::kFloat)), 0.25, kStream, 50);

  for (std::uint64_t i = 0; i < 100; ++i) {
    const float expected = kStream.uniform(50 + i) < 0.25 ? 0.0F : 1.0F / 0.75F;
    EXPECT_EQ(y[static_cast<std::int64_t>(i)].item<float>(), expected) << i;
  }
}

TEST(Dropout, HasTheGradientOfDifferences) {
  EXPECT_TRUE(gradcheck(dropping(0.4), {input({3, 5})}));
}

TEST(Dropout, IsTheSameByKernelsFromAnyElementOn) {
  for (const std::uint64_t first : {0ULL, 1ULL, 12ULL, 17ULL, 0x1FFFFFFF3ULL, 0xFFFFFFFFFFULL}) {
    expect_kernels_match("odd", dropping(0.3, first), {input({7, 11})}, 2.0);
    expect_kernels_match("one", dropping(0.3, first), {input({1})}, 2.0);
  }
  expect_kernels_match("none", dropping(0.3), {input({0, 4})}, 2.0);
  expect_kernels_match("many", dropping(0.1, 3), {input({60, 333})}, 2.0);
  const auto turned = [](const Tensors& in) { return Tensors{dropout(in[0].t(), 0.5, kStream)}; };
  expect_kernels_match("transposed", turned, {input({7, 11})}, 2.0);
}

TEST(Dropout, DropsTheShareThatIsAskedFor) {
  for (const double p : {0.1, 0.5, 0.9}) {
    const at::Tensor y = dropout(at::ones({100'000}, at::TensorOptions(at::kFloat)), p, kStream);

    const double dropped = (y == 0.0).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(dropped, p, 0.006);
    EXPECT_NEAR(y.to(at::kDouble).mean().item<double>(), 1.0, 0.04);
  }
}

TEST(Dropout, GivesTheNumbersThemselvesWhereNoneIsDropped) {
  const at::Tensor x = random_tensor({5}, 1);

  EXPECT_TRUE(dropout(x, 0.0, kStream).is_same(x));
  EXPECT_THROW(dropout(x, 1.0, kStream), InternalError);
  EXPECT_THROW(dropout(x, -0.1, kStream), InternalError);
}

}  // namespace
}  // namespace roux::ops
