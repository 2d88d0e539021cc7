#include "roux/optim/gradient_norm.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ops/level_override.h"
#include "optim/small_model.h"
#include "roux/base/error.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(GradientNorm, IsThatOfAllAndOfEachFlatGroup) {
  SmallModel model({{"a", {2}}, {"frozen", {3}}, {"blocks.0.b", {2, 2}}}, at::kFloat, {"frozen"});
  model.parameters().allocate_gradients();
  model.gradient("a").fill_(6.0);
  model.gradient("blocks.0.b").fill_(2.0);

  const FlatNorms norms = gradient_norms(model.parameters());

  EXPECT_THAT(norms.groups,
              ElementsAre(DoubleNear(std::sqrt(72.0), 1e-14), 0.0, DoubleNear(4.0, 1e-14)));
  EXPECT_DOUBLE_EQ(norms.total, std::sqrt(88.0));
  EXPECT_DOUBLE_EQ(gradient_norm(model.parameters()), std::sqrt(88.0));
}

TEST(GradientNorm, IsExactInEveryDtypeOnEveryLevel) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf}) {
    SmallModel model({{"a", {100'003}}});
    model.parameters().allocate_gradients(dtype);
    model.gradient("a").copy_(random_tensor({100'003}, 5));
    const double expected = model.gradient("a").to(at::kDouble).norm().item<double>();
    for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
      const ops::LevelOverride override(level);
      EXPECT_NEAR(gradient_norm(model.parameters()), expected, 1e-9) << name_of(dtype);
    }
  }
}

TEST(GradientNorm, HasTheSameBitsOnAnyNumberOfThreads) {
  SmallModel model({{"a", {1'000'003}}});
  model.parameters().allocate_gradients();
  model.gradient("a").copy_(random_tensor({1'000'003}, 5));
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const double one = gradient_norm(model.parameters());
  for (const int threads : {2, 3, 4}) {
    at::set_num_threads(threads);
    EXPECT_EQ(gradient_norm(model.parameters()), one);
  }
  at::set_num_threads(before);
}

TEST(GradientNorm, IsNotFiniteOnlyWhereAGradientIsNot) {
  SmallModel model({{"a", {5000}}});
  model.parameters().allocate_gradients();
  model.gradient("a").fill_(std::numeric_limits<float>::max());

  EXPECT_TRUE(std::isfinite(gradient_norm(model.parameters())));

  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    model.gradient("a")[4321] = bad;
    EXPECT_FALSE(std::isfinite(gradient_norm(model.parameters())));
  }
}

TEST(GradientNorm, SeesWhatFloat32WouldLose) {
  SmallModel model({{"a", {4}}});
  model.parameters().allocate_gradients();
  model.gradient("a").fill_(1e-30F);

  EXPECT_NEAR(gradient_norm(model.parameters()), 2e-30, 1e-36);
}

TEST(GradientNorm, WantsGradients) {
  SmallModel model({{"a", {4}}});

  EXPECT_THROW(gradient_norm(model.parameters()), InternalError);
}

TEST(ParameterNorms, AreOfTheExactValues) {
  SmallModel model({{"a", {1}}});
  model.exact("a").fill_(1.001);
  model.parameters().compute_in(at::kBFloat16);

  EXPECT_NEAR(parameter_norms(model.parameters()).total, 1.001, 1e-7);
}

TEST(ClippingScale, IsPyTorchs) {
  EXPECT_EQ(clipping_scale(0.5, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(clipping_scale(4.0, 1.0), 1.0 / 4.000001);
  EXPECT_EQ(clipping_scale(0.0, 1.0), 1.0);
}

}  // namespace
}  // namespace roux
