#include "roux/metrics/metric_bag.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

TEST(MetricBag, AveragesOverTargetsAndNotOverSteps) {
  MetricBag bag;
  bag.add_mean("loss", at::full({}, 10.0), 1);
  bag.add_mean("loss", 20.0, 3);

  EXPECT_THAT(bag.values(), ElementsAre(MetricValue{"loss", 7.5}));
}

TEST(MetricBag, ReportsInTheOrderOfFirstUseAndTotalsLast) {
  MetricBag bag;
  bag.add_count("num_tokens", 5);
  bag.set("lr", 0.5);
  bag.add_max("longest", 3);
  bag.add_max("longest", 2);
  bag.add_count("num_tokens", 2);

  EXPECT_THAT(bag.values(),
              ElementsAre(MetricValue{"num_tokens", 7}, MetricValue{"lr", 0.5},
                          MetricValue{"longest", 3}, MetricValue{"total_num_tokens", 7}));
}

TEST(MetricBag, TakesInWhatOtherRanksHaveWithTheirTotals) {
  MetricBag mine;
  mine.add_mean("loss", 10.0, 1);
  mine.add_count("num_tokens", 5);
  mine.begin_anew();
  mine.add_mean("loss", 20.0, 3);
  mine.add_count("num_tokens", 2);
  mine.add_max("longest", 3);
  MetricBag other;
  other.add_count("num_tokens", 7);
  other.begin_anew();
  other.add_mean("loss", 4.0, 1);
  other.add_count("num_tokens", 1);
  other.add_count("padding", 8);
  other.add_max("longest", 2);

  mine.merge(other);
  EXPECT_THAT(mine.values(),
              ElementsAre(MetricValue{"loss", 6.0}, MetricValue{"num_tokens", 3},
                          MetricValue{"longest", 3}, MetricValue{"padding", 8},
                          MetricValue{"total_num_tokens", 15}, MetricValue{"total_padding", 8}));
}

TEST(MetricBag, KeepsOnlyTotalsOnceAReportWasMade) {
  MetricBag bag;
  bag.add_mean("loss", 4.0, 2);
  bag.add_count("num_tokens", 7);
  bag.set("lr", 0.5);
  bag.add_max("longest", 3);

  bag.begin_anew();
  bag.add_count("num_tokens", 1);

  EXPECT_THAT(bag.values(),
              ElementsAre(MetricValue{"num_tokens", 1}, MetricValue{"total_num_tokens", 8}));
}

TEST(MetricBag, SumsFloat32LossesInFloat64) {
  MetricBag bag;
  bag.add_mean("loss", at::full({}, 16777216.0F), 0);  // 2^24: float32 would swallow the ones
  for (int i = 0; i < 4; ++i) bag.add_mean("loss", at::ones({1}), 1);

  EXPECT_THAT(bag.values(), ElementsAre(MetricValue{"loss", 4194305.0}));
}

TEST(MetricBag, DoesNotLoseANotANumberAmongTheLargest) {
  MetricBag bag;
  bag.add_max("largest", 1);
  bag.add_max("largest", std::nan(""));

  EXPECT_TRUE(std::isnan(bag.values().at(0).value));
}

TEST(MetricBag, GoesOnToTheLastBitWhereItWasSaved) {
  const auto step = [](MetricBag& bag, int i) {
    bag.add_mean("loss", at::full({}, 1.0 / (3 + i), at::kDouble), 0.1);
    bag.add_count("a name with spaces", 1.0 / 7);
    bag.set("lr", 1e-300 * i);
    bag.add_max("largest", i == 0 ? -std::numeric_limits<double>::infinity() : 0.1 * i);
  };
  MetricBag whole;
  MetricBag stopped;
  for (int i = 0; i < 10; ++i) {
    step(whole, i);
    step(stopped, i);
    MetricBag next;
    next.load(stopped.save());
    stopped = next;
    if (i == 4) {
      whole.begin_anew();
      stopped.begin_anew();
    }
  }

  EXPECT_EQ(stopped.values(), whole.values());
  EXPECT_EQ(stopped.save(), whole.save());
}

TEST(MetricBag, RefusesATextThatItDidNotSaveAndStaysAsItWas) {
  MetricBag bag;
  bag.set("lr", 0.5);

  EXPECT_THAT([&] { bag.load("what"); }, ThrowsMessage<DataError>(HasSubstr("\"what\"")));
  EXPECT_THAT([&] { bag.load("metrics 1\nlast 1 0.5 0 x lr\n"); },
              ThrowsMessage<DataError>(HasSubstr("line 2")));
  EXPECT_THAT([&] { bag.load(""); }, ThrowsMessage<DataError>(HasSubstr("must begin with")));
  EXPECT_THAT(bag.values(), ElementsAre(MetricValue{"lr", 0.5}));
}

TEST(MetricBag, LeavesOutAMeanOfNothing) {
  MetricBag bag;
  bag.add_mean("loss", 0.0, 0);

  EXPECT_THAT(bag.values(), IsEmpty());
}

TEST(MetricBag, RefusesANameOfTwoKinds) {
  MetricBag bag;
  bag.set("loss", 1);

  EXPECT_THAT([&] { bag.add_count("loss", 1); },
              ThrowsMessage<InternalError>(HasSubstr("\"loss\" is a last and a count")));
}

TEST(MetricBag, RefusesATensorOfSeveralNumbers) {
  MetricBag bag;

  EXPECT_THAT([&] { bag.add_mean("loss", at::ones({2}), 1); },
              ThrowsMessage<InternalError>(HasSubstr("must be one number")));
}

}  // namespace
}  // namespace roux
