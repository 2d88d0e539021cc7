#include "roux/ops/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>

#include "ops/fixtures/rotary_golden.h"
#include "ops/kernel_check.h"
#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

at::Tensor input(at::IntArrayRef sizes, std::uint64_t seed) {
  return random_tensor(sizes, seed).set_requires_grad(true);
}

at::Tensor positions(std::int64_t count) {
  return at::arange(count, at::TensorOptions(at::kLong));
}

Rotation rotation_of(std::int64_t tokens, std::int64_t rotary_dim) {
  return make_rotation(positions(tokens), rotary_frequencies(rotary_dim, 10000.0, {}, tokens));
}

TensorFunction rotating(const Rotation& rotation) {
  return [rotation](const Tensors& in) { return Tensors{rotate(in[0], rotation)}; };
}

struct Golden {
  const char* name;
  std::int64_t rotary_dim;
  double theta;
  RotaryScaling scaling;
  std::int64_t length;
  std::vector<double> radians;
  double scale;
};

std::vector<Golden> goldens() {
  const RotaryScaling llama{.kind = RotaryScalingKind::Llama3,
                            .factor = 8.0,
                            .original_max_positions = 8192,
                            .low_freq_factor = 1.0,
                            .high_freq_factor = 4.0};
  RotaryScaling llama32 = llama;
  llama32.factor = 32.0;
  const RotaryScaling linear{
      .kind = RotaryScalingKind::Linear, .factor = 4.0, .original_max_positions = 4096};
  const RotaryScaling qwen{
      .kind = RotaryScalingKind::Yarn, .factor = 4.0, .original_max_positions = 32768};
  const RotaryScaling deepseek{.kind = RotaryScalingKind::Yarn,
                               .factor = 40.0,
                               .original_max_positions = 4096,
                               .attention_factor = 1.25};
  const RotaryScaling phi{.kind = RotaryScalingKind::LongRope,
                          .factor = 32.0,
                          .original_max_positions = 4096,
                          .short_factors = golden::kShortFactors,
                          .long_factors = golden::kLongFactors};
  return {
      {"linear", 128, 1e4, linear, 1, golden::kLinear, golden::kLinearScale},
      {"llama 3.1", 128, 5e5, llama, 1, golden::kLlama31, golden::kLlama31Scale},
      {"llama 3.2", 64, 5e5, llama32, 1, golden::kLlama32, golden::kLlama32Scale},
      {"qwen 2.5, yarn", 128, 1e6, qwen, 1, golden::kQwen25Yarn, golden::kQwen25YarnScale},
      {"deepseek, yarn", 64, 1e4, deepseek, 1, golden::kDeepSeekYarn, golden::kDeepSeekYarnScale},
      {"phi 3, short", 96, 1e4, phi, 4096, golden::kPhi3Short, golden::kPhi3ShortScale},
      {"phi 3, long", 96, 1e4, phi, 4097, golden::kPhi3Long, golden::kPhi3LongScale},
  };
}

TEST(RotaryFrequencies, AreThoseOfTransformers) {
  for (const Golden& golden : goldens()) {
    SCOPED_TRACE(golden.name);
    const RotaryFrequencies frequencies =
        rotary_frequencies(golden.rotary_dim, golden.theta, golden.scaling, golden.length);

    EXPECT_DOUBLE_EQ(frequencies.scale, golden.scale);
    ASSERT_EQ(frequencies.radians.size(), golden.radians.size());
    for (std::size_t i = 0; i < golden.radians.size(); ++i) {
      EXPECT_NEAR(frequencies.radians[i], golden.radians[i], 2e-6 * golden.radians[i]) << i;
    }
  }
}

TEST(RotaryFrequencies, TurnTheFirstPairByARadianAPosition) {
  const RotaryFrequencies frequencies = rotary_frequencies(4, 10000.0, {}, 1);

  EXPECT_EQ(frequencies.radians, (std::vector<float>{1.0F, 0.01F}));
  EXPECT_EQ(frequencies.scale, 1.0);
}

TEST(RotaryFrequencies, WantALongRopeFactorForEachFrequency) {
  const RotaryScaling scaling{.kind = RotaryScalingKind::LongRope, .short_factors = {1.0}};

  EXPECT_THROW(rotary_frequencies(8, 10000.0, scaling, 1), InternalError);
}

TEST(MakeRotation, HasTheAnglesOfItsPositions) {
  const Rotation rotation = make_rotation(positions(4), {.radians = {1.0F, 0.5F}, .scale = 2.0});

  EXPECT_FLOAT_EQ(rotation.cos[3][1].item<float>(), 2.0F * std::cos(1.5F));
  EXPECT_FLOAT_EQ(rotation.sin[2][0].item<float>(), 2.0F * std::sin(2.0F));
}

TEST(Rotate, TurnsEachPairOfHalvesByItsAngle) {
  // A quarter turn at position 1: (a, b) becomes (-b, a); what is beyond the rotary part stays.
  const auto quarter = static_cast<float>(std::acos(0.0));
  const Rotation rotation = make_rotation(positions(2), {.radians = {quarter, quarter}});
  const at::Tensor x = random_tensor({2, 1, 5}, 1);

  const at::Tensor y = rotate(x, rotation);

  EXPECT_TRUE(is_close(y[0], x[0], {}));
  const at::Tensor turned = x[1][0].clone();
  for (int i = 0; i < 2; ++i) {
    turned[i] = -x[1][0][i + 2];
    turned[i + 2] = x[1][0][i];
  }
  EXPECT_TRUE(is_close(y[1][0], turned, {.absolute = 1e-6}));
}

TEST(Rotate, HasTheGradientOfDifferences) {
  EXPECT_TRUE(gradcheck(rotating(rotation_of(3, 4)), {input({3, 2, 7}, 1)}));
}

TEST(Rotate, IsTheSameByKernels) {
  for (const std::vector<std::int64_t>& shape :
       {std::vector<std::int64_t>{5, 3, 8}, {1, 1, 64}, {0, 2, 16}, {33, 3, 134}, {70, 6, 48}}) {
    const std::int64_t rotary_dim = shape[2] / 2 / 2 * 2 + 2;  // a part of the head
    for (const std::int64_t dim : {rotary_dim, shape[2]}) {
      expect_kernels_match(cat("rotate ", at::IntArrayRef(shape), ", ", dim),
                           rotating(rotation_of(shape[0], dim)), {input(shape, 1)}, 2.0);
    }
  }
}

TEST(Rotate, TakesHeadsOfAFusedProjection) {
  const Rotation rotation = rotation_of(9, 8);
  const auto keys = [&](const Tensors& in) {
    return Tensors{rotate(in[0].view({9, 5, 8}).narrow(1, 2, 2), rotation)};
  };
  const auto turned = [&](const Tensors& in) {
    return Tensors{rotate(in[0].view({8, 5, 9}).transpose(0, 2), rotation)};
  };

  expect_kernels_match("keys", keys, {input({9, 40}, 1)}, 2.0);
  expect_kernels_match("transposed", turned, {input({8, 45}, 1)}, 2.0);
}

TEST(Rotate, RefusesAnglesOfOtherTokens) {
  EXPECT_THROW(rotate(random_tensor({3, 2, 8}, 1), rotation_of(4, 8)), InternalError);
  EXPECT_THROW(rotate(random_tensor({3, 2, 8}, 1), rotation_of(3, 10)), InternalError);
}

}  // namespace
}  // namespace roux::ops
