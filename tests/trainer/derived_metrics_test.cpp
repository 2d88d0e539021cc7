#include "trainer/derived_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace roux {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;

std::map<std::string, double> by_name(const std::vector<MetricValue>& values) {
  std::map<std::string, double> all;
  for (const MetricValue& each : values) all[each.name] = each.value;
  return all;
}

TEST(DerivedMetrics, SayALossAsPerplexityAndBitsPerByte) {
  // 3 targets of 2 nats each, for 4 bytes: 6 / ln 2 bits.
  std::vector<MetricValue> values{
      {"nll_loss", 2.0}, {"num_targets", 3.0}, {"num_target_bytes", 4.0}};
  add_forms_of_loss(values);
  ASSERT_EQ(values.size(), 5U);
  EXPECT_EQ(values[1].name, "perplexity");
  EXPECT_NEAR(values[1].value, 7.38905609893065, 1e-12);
  EXPECT_EQ(values[2].name, "bits_per_byte");
  EXPECT_NEAR(values[2].value, 6.0 / 0.6931471805599453 / 4.0, 1e-12);
}

TEST(DerivedMetrics, LeaveOutBitsOfBytesThatNobodyCounted) {
  std::vector<MetricValue> values{{"nll_loss", 2.0}, {"num_targets", 3.0}};
  add_forms_of_loss(values);
  EXPECT_THAT(by_name(values), Not(Contains(Key("bits_per_byte"))));
  std::vector<MetricValue> none{{"wer", 0.5}};
  add_forms_of_loss(none);
  EXPECT_EQ(none.size(), 1U);
}

TEST(DerivedMetrics, CountTokensBySecondAndDevice) {
  std::vector<MetricValue> values{
      {"num_examples", 8.0}, {"num_tokens", 1200.0}, {"padding", 300.0}};
  add_rates(values, {.count = 4, .seconds = 2.0, .num_devices = 3});
  const auto all = by_name(values);
  EXPECT_EQ(all.at("batch_size"), 2.0);
  EXPECT_EQ(all.at("elements_per_batch"), 300.0);
  EXPECT_EQ(all.at("padding_ratio"), 0.2);
  EXPECT_EQ(all.at("tokens_per_second"), 600.0);
  EXPECT_EQ(all.at("tokens_per_second_per_device"), 200.0);
  EXPECT_THAT(all, Not(Contains(Key("elements_per_second"))));
}

TEST(DerivedMetrics, CallElementsWhatAreNoTokens) {
  std::vector<MetricValue> values{{"num_elements", 100.0}};
  add_rates(values, {.count = 1, .seconds = 0.5});
  EXPECT_EQ(by_name(values).at("elements_per_second"), 200.0);
}

TEST(DerivedMetrics, TurnFlopsIntoAShareOfThePeak) {
  std::vector<MetricValue> values{{"model_flops", 6e12}, {"total_model_flops", 9e12}};
  add_rates(values, {.count = 1, .seconds = 3.0, .num_devices = 2, .peak_flops = 4e12});
  const auto all = by_name(values);
  EXPECT_NEAR(all.at("mfu"), 0.25, 1e-12);
  EXPECT_THAT(all, Not(Contains(Key("model_flops"))));
  EXPECT_THAT(all, Not(Contains(Key("total_model_flops"))));
}

TEST(DerivedMetrics, HaveNoRatesWithoutTime) {
  std::vector<MetricValue> values{{"num_tokens", 5.0}, {"model_flops", 6e12}};
  add_rates(values, {.count = 0, .seconds = 0.0, .peak_flops = 4e12});
  EXPECT_EQ(values.size(), 1U);
}

}  // namespace
}  // namespace roux
