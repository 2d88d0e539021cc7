#include "roux/nn/init.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

namespace roux::nn {
namespace {

at::Tensor filled(const Init& init, std::int64_t size, at::ScalarType dtype = at::kFloat) {
  const at::Tensor tensor = at::empty({size}, at::TensorOptions(dtype));
  init.fill(tensor, RandomStream(3, "weights"));
  return tensor;
}

TEST(Init, HasTheMeanAndDeviationThatWereAskedFor) {
  const at::Tensor values = filled(Init::normal(0.5, 2.0), 100'000);

  EXPECT_NEAR(values.mean().item<double>(), 2.0, 0.01);
  EXPECT_NEAR(values.std().item<double>(), 0.5, 0.01);
}

TEST(Init, StaysWithinTheBoundsOfAUniform) {
  const at::Tensor values = filled(Init::uniform(-0.25, 0.75), 100'000);

  EXPECT_GE(values.min().item<float>(), -0.25F);
  EXPECT_LT(values.max().item<float>(), 0.75F);
  EXPECT_NEAR(values.mean().item<double>(), 0.25, 0.01);
}

TEST(Init, FillsASliceAsTheWholeHasIt) {
  const at::Tensor whole = filled(Init::normal(1.0), 10'000);
  const at::Tensor slice = at::empty({137}, at::TensorOptions(at::kFloat));

  Init::normal(1.0).fill(slice, RandomStream(3, "weights"), /*first_element=*/4321);

  EXPECT_TRUE(at::equal(slice, whole.narrow(0, 4321, 137)));
}

TEST(Init, IsTheSameWithOneThreadAndWithTwo) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor one = filled(Init::normal(1.0), 50'000);
  at::set_num_threads(2);
  const at::Tensor two = filled(Init::normal(1.0), 50'000);
  at::set_num_threads(before);

  EXPECT_TRUE(at::equal(one, two));
}

TEST(Init, RoundsToTheDtypeOfTheParameter) {
  const at::Tensor wide = filled(Init::normal(1.0), 1000);

  EXPECT_TRUE(at::equal(filled(Init::normal(1.0), 1000, at::kBFloat16), wide.to(at::kBFloat16)));
}

}  // namespace
}  // namespace roux::nn
