#include "roux/optim/loss_scaler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Change = LossScaler::Change;

TEST(LossScaler, DoublesAfterAWindowOfGoodSteps) {
  LossScaler scaler({128.0, 1.0}, 3);

  EXPECT_EQ(scaler.update(true), Change::None);
  EXPECT_EQ(scaler.update(true), Change::None);
  EXPECT_EQ(scaler.update(true), Change::Grew);
  EXPECT_EQ(scaler.scale(), 256.0);
  EXPECT_EQ(scaler.update(true), Change::None);
}

TEST(LossScaler, HalvesAtAnOverflowAndCountsAnew) {
  LossScaler scaler({128.0, 1.0}, 2);
  scaler.update(true);

  EXPECT_EQ(scaler.update(false), Change::Shrank);
  EXPECT_EQ(scaler.scale(), 64.0);
  EXPECT_EQ(scaler.update(true), Change::None);
  EXPECT_EQ(scaler.update(true), Change::Grew);
}

TEST(LossScaler, IsStuckWhereTheLeastScaleOverflowsToo) {
  LossScaler scaler({4.0, 3.0}, 10);

  EXPECT_EQ(scaler.update(false), Change::Shrank);
  EXPECT_EQ(scaler.scale(), 3.0);
  EXPECT_EQ(scaler.update(false), Change::Stuck);
  EXPECT_EQ(scaler.scale(), 3.0);
}

TEST(LossScaler, DoesNotGrowPastWhatALossCanBeMultipliedBy) {
  LossScaler scaler({0x1p99, 1.0}, 1);

  EXPECT_EQ(scaler.update(true), Change::Grew);
  EXPECT_EQ(scaler.update(true), Change::None);
  EXPECT_EQ(scaler.scale(), 0x1p100);
}

TEST(LossScaler, GoesOnFromItsState) {
  LossScaler before({128.0, 0.0001}, 3);
  before.update(false);
  before.update(true);
  before.update(true);
  LossScaler after({2.0, 0.0001}, 3);

  after.load_state(before.state());

  EXPECT_EQ(before.state(), "64 2");
  EXPECT_EQ(after.scale(), 64.0);
  EXPECT_EQ(after.update(true), Change::Grew);
}

TEST(LossScaler, KeepsScalesThatAreNoWholeNumbers) {
  LossScaler before({0.3, 0.0001}, 3);
  LossScaler after({2.0, 0.0001}, 3);

  after.load_state(before.state());

  EXPECT_EQ(after.scale(), 0.3);
}

TEST(LossScaler, RefusesAStateThatItNeverHad) {
  LossScaler scaler({128.0, 1.0}, 3);

  for (const char* state : {"", "64", "64 x", "0 1", "-1 1", "nan 1", "inf 1", "64 -1", "64 1 2"}) {
    EXPECT_THAT([&] { scaler.load_state(state); },
                ThrowsMessage<DataError>(HasSubstr("must be a scale and a count of steps")))
        << state;
  }
  EXPECT_EQ(scaler.scale(), 128.0);
}

TEST(LossScaler, RefusesScalesThatNoStepCouldMeet) {
  EXPECT_THROW(LossScaler({1.0, 2.0}, 1), ConfigError);
  EXPECT_THROW(LossScaler({1.0, 0.0}, 1), ConfigError);
  EXPECT_THROW(LossScaler({1.0, 1.0}, 0), ConfigError);
}

TEST(LossScaler, WaitsLongerWhereAStepHasFewerMicroBatches) {
  EXPECT_EQ(LossScaler::default_window(1), 16384);
  EXPECT_EQ(LossScaler::default_window(8), 2048);
  EXPECT_EQ(LossScaler::default_window(1 << 20), 1);
}

}  // namespace
}  // namespace roux
