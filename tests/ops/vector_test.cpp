// kernels/vector.h at every level that this CPU has, held to the C library in double.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ops/level_override.h"
#include "ops/vector_probe.h"

namespace roux::ops {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class Vectors : public ::testing::TestWithParam<CpuLevel> {
 protected:
  const VectorProbe& probe() const {
    const VectorProbe* found = find_vector_probe();
    if (found == nullptr) throw std::runtime_error("no kernels at this level");
    return *found;
  }

  std::vector<float> apply(VectorProbe::Unary function, const std::vector<float>& x) const {
    std::vector<float> y(x.size());
    function(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    return y;
  }

  // The largest error over [low, high], in units of the last place of the exact result.
  double worst_ulp(VectorProbe::Unary function, double (*exact)(double), float low,
                   float high) const {
    constexpr int kPoints = 200'003;
    std::vector<float> x;
    for (int i = 0; i < kPoints; ++i) {
      x.push_back(low + (high - low) * (static_cast<float>(i) / static_cast<float>(kPoints - 1)));
    }
    const std::vector<float> y = apply(function, x);
    double worst = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = exact(static_cast<double>(x[i]));
      const auto size = static_cast<float>(std::fabs(expected));
      const double ulp = static_cast<double>(std::nextafter(size, kInfinity)) - size;
      worst = std::max(worst, std::fabs(static_cast<double>(y[i]) - expected) / ulp);
    }
    return worst;
  }

 private:
  LevelOverride level_{GetParam()};
};

TEST_P(Vectors, ExpIsWithinTwoUlp) {
  EXPECT_LT(worst_ulp(probe().exp, std::exp, -87.0F, 88.7F), 2.0);
  EXPECT_LT(worst_ulp(probe().exp, std::exp, -1.0F, 1.0F), 2.0);
}

TEST_P(Vectors, ExpGoesToItsLimits) {
  const std::vector<float> y =
      apply(probe().exp, {-kInfinity, -1e30F, -105.0F, -0.0F, 89.0F, 1e30F, kInfinity, kNaN});

  EXPECT_EQ(y[0], 0.0F);
  EXPECT_EQ(y[1], 0.0F);
  EXPECT_EQ(y[2], 0.0F);
  EXPECT_EQ(y[3], 1.0F);
  EXPECT_EQ(y[4], kInfinity);
  EXPECT_EQ(y[5], kInfinity);
  EXPECT_EQ(y[6], kInfinity);
  EXPECT_TRUE(std::isnan(y[7]));
}

TEST_P(Vectors, SigmoidIsWithinThreeUlp) {
  const auto exact = +[](double x) { return 1.0 / (1.0 + std::exp(-x)); };

  EXPECT_LT(worst_ulp(probe().sigmoid, exact, -80.0F, 80.0F), 3.0);
  EXPECT_EQ(apply(probe().sigmoid, {-kInfinity, kInfinity}), (std::vector<float>{0.0F, 1.0F}));
  EXPECT_TRUE(std::isnan(apply(probe().sigmoid, {kNaN})[0]));
}

TEST_P(Vectors, TanhIsWithinThreeUlp) {
  EXPECT_LT(worst_ulp(probe().tanh, std::tanh, -10.0F, 10.0F), 3.0);
  EXPECT_LT(worst_ulp(probe().tanh, std::tanh, -0.7F, 0.7F), 3.0);
  EXPECT_EQ(apply(probe().tanh, {-kInfinity, 0.0F, kInfinity}),
            (std::vector<float>{-1.0F, 0.0F, 1.0F}));
  EXPECT_TRUE(std::isnan(apply(probe().tanh, {kNaN})[0]));
}

TEST_P(Vectors, ErfIsWithinTwoUlp) {
  EXPECT_LT(worst_ulp(probe().erf, std::erf, -5.0F, 5.0F), 2.0);
  EXPECT_LT(worst_ulp(probe().erf, std::erf, -0.1F, 0.1F), 2.0);
  EXPECT_EQ(apply(probe().erf, {-kInfinity, 0.0F, 1e30F}), (std::vector<float>{-1.0F, 0.0F, 1.0F}));
  EXPECT_TRUE(std::isnan(apply(probe().erf, {kNaN})[0]));
}

TEST_P(Vectors, RootsAreExactAndTheirInversesWithinTwoUlp) {
  const auto inverse = +[](double x) { return 1.0 / std::sqrt(x); };

  EXPECT_LE(worst_ulp(probe().sqrt, std::sqrt, 1e-6F, 1e6F), 0.5);
  EXPECT_LT(worst_ulp(probe().rsqrt, inverse, 1e-6F, 1e6F), 2.0);
}

TEST_P(Vectors, SmallPartsDoWhatTheirNamesSay) {
  EXPECT_EQ(apply(probe().round, {0.5F, 1.5F, -1.5F, 2.4F}),
            (std::vector<float>{0.0F, 2.0F, -2.0F, 2.0F}));
  EXPECT_EQ(apply(probe().negated_abs, {1.0F, -2.0F}), (std::vector<float>{-1.0F, -2.0F}));

  const std::vector<float> a{1.0F, 5.0F, kNaN};
  const std::vector<float> b{2.0F, 3.0F, 7.0F};
  std::vector<float> c{10.0F, 10.0F, 10.0F};
  probe().fnma(a.data(), b.data(), c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>{8.0F, -5.0F, 10.0F}));
  probe().smaller(a.data(), b.data(), c.data(), 3);
  EXPECT_EQ(c, (std::vector<float>{1.0F, 3.0F, 7.0F}));
}

TEST_P(Vectors, SumsAndMaximaSeeEveryLane) {
  const auto lanes = static_cast<std::size_t>(probe().lanes);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    std::vector<float> x(lanes, -1.0F);
    x[lane] = 100.0F;
    float sum = 0.0F;
    float max = 0.0F;

    probe().sums(x.data(), &sum, probe().lanes);
    probe().maxima(x.data(), &max, probe().lanes);

    EXPECT_EQ(sum, 101.0F - static_cast<float>(lanes)) << "lane " << lane;
    EXPECT_EQ(max, 100.0F) << "lane " << lane;
  }
}

TEST_P(Vectors, TouchNothingBeyondTheCount) {
  for (std::int64_t count = 0; count < 2 * probe().lanes; ++count) {
    const auto size = static_cast<std::size_t>(count);
    const std::vector<float> x(size, 4.0F);
    std::vector<float> y(size + 1, -7.0F);
    std::vector<std::uint16_t> narrow(size + 1, 77);

    probe().sqrt(x.data(), y.data(), count);
    probe().to_bfloat16(x.data(), narrow.data(), count);

    EXPECT_EQ(y[size], -7.0F);
    EXPECT_EQ(narrow[size], 77);
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(y[i], 2.0F);
      EXPECT_EQ(narrow[i], 0x4080);
    }
  }
}

TEST_P(Vectors, BFloat16IsRoundedToTheNearestAndTiesToEven) {
  const std::vector<float> x{1.0F,
                             0x1.01p0F,      // half way between 0x3F80 and 0x3F81: even
                             0x1.03p0F,      // half way between 0x3F81 and 0x3F82: even
                             0x1.010002p0F,  // just above half way
                             -0x1.03p0F,
                             3.4e38F,  // beyond the largest: infinity
                             kInfinity,     -kInfinity, 0.0F};
  const std::vector<std::uint16_t> expected{0x3F80, 0x3F80, 0x3F82, 0x3F81, 0xBF82,
                                            0x7F80, 0x7F80, 0xFF80, 0x0000};
  for (const auto convert : {probe().to_bfloat16, probe().scalar_to_bfloat16}) {
    std::vector<std::uint16_t> y(x.size());
    convert(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
    EXPECT_EQ(y, expected);

    std::uint16_t nan = 0;
    const float all_mantissa = __builtin_bit_cast(float, 0x7FFFFFFFU);
    convert(&all_mantissa, &nan, 1);
    EXPECT_EQ(nan & 0x7F80, 0x7F80);
    EXPECT_NE(nan & 0x7F, 0) << "a NaN became infinity";
  }
}

TEST_P(Vectors, EveryBFloat16ReadsAsItsUpperBits) {
  std::vector<std::uint16_t> x;
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits)
    x.push_back(static_cast<std::uint16_t>(bits));
  std::vector<float> y(x.size());

  probe().from_bfloat16(x.data(), y.data(), static_cast<std::int64_t>(x.size()));

  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(__builtin_bit_cast(std::uint32_t, y[i]), static_cast<std::uint32_t>(i) << 16);
  }
}

std::vector<CpuLevel> levels_with_kernels() {
  std::vector<CpuLevel> levels = levels_of_this_cpu();
  levels.erase(levels.begin());
  return levels;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Vectors);
INSTANTIATE_TEST_SUITE_P(AllLevels, Vectors, ::testing::ValuesIn(levels_with_kernels()),
                         [](const auto& level) { return std::string(to_string(level.param)); });

}  // namespace
}  // namespace roux::ops
