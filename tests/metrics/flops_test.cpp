#include "roux/metrics/flops.h"

#include <gtest/gtest.h>

#include <chrono>

namespace roux {
namespace {

TEST(Flops, OfThisMachineAreMeasuredOnceAndPlausible) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const double first = measured_peak_flops(at::kFloat);
  const auto between = Clock::now();
  const double second = measured_peak_flops(at::kFloat);
  const auto end = Clock::now();

  EXPECT_GT(first, 1e9);
  EXPECT_LT(first, 1e14);
  EXPECT_EQ(first, second);
  EXPECT_LT((end - between).count(), (between - begin).count() / 100);
}

TEST(Flops, AreSharedOutOverTheDevices) {
  EXPECT_EQ(flops_utilisation(100.0, 2.0, 100.0), 0.5);
  EXPECT_EQ(flops_utilisation(100.0, 2.0, 100.0, 5), 0.1);
}

TEST(Flops, AreNoShareOfNothing) {
  EXPECT_EQ(flops_utilisation(100.0, 0.0, 100.0), std::nullopt);
  EXPECT_EQ(flops_utilisation(100.0, 1.0, 0.0), std::nullopt);
}

}  // namespace
}  // namespace roux
