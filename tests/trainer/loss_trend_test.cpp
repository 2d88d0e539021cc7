#include "trainer/loss_trend.h"

#include <gtest/gtest.h>

namespace roux {
namespace {

LossTrend after(int steps, double loss, double wobble = 0.0) {
  LossTrend trend;
  for (int i = 0; i < steps; ++i) trend.add(loss + (i % 2 == 0 ? wobble : -wobble));
  return trend;
}

TEST(LossTrend, KnowsASpikeFromTheUsualLoss) {
  const LossTrend trend = after(200, 3.0);
  EXPECT_FALSE(trend.is_spike(5.9, 2.0));
  EXPECT_TRUE(trend.is_spike(6.1, 2.0));
  EXPECT_FALSE(trend.is_spike(6.1, 4.0));
}

TEST(LossTrend, IsSilentInTheFirstSteps) {
  EXPECT_FALSE(after(49, 3.0).is_spike(100.0, 2.0));
  EXPECT_TRUE(after(50, 3.0).is_spike(100.0, 2.0));
}

TEST(LossTrend, ToleratesLossesThatVaryMuch) {
  const LossTrend trend = after(400, 3.0, 2.0);
  EXPECT_NEAR(trend.deviation, 2.0, 0.2);
  EXPECT_FALSE(trend.is_spike(8.0, 2.0));
  EXPECT_TRUE(trend.is_spike(16.0, 2.0));
}

TEST(LossTrend, ForgetsWhatWasLongAgo) {
  LossTrend trend = after(100, 10.0);
  for (int i = 0; i < 400; ++i) trend.add(2.0);
  EXPECT_NEAR(*trend.usual, 2.0, 0.01);
  EXPECT_TRUE(trend.is_spike(10.0, 2.0));
}

}  // namespace
}  // namespace roux
