#include "roux/metrics/metric_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

namespace roux {
namespace {

using ::testing::ElementsAre;

std::string shown(std::string_view name, double value) {
  return format_metric(MetricDescriptors().of(name), value);
}

TEST(MetricDescriptors, WriteNumbersAsPeopleReadThem) {
  EXPECT_EQ(shown("loss", 3.21456), "3.2146");
  EXPECT_EQ(shown("loss", 0.0000123456), "1.235e-05");
  EXPECT_EQ(shown("loss", 0), "0");
  EXPECT_EQ(shown("perplexity", 24.8), "24.8000");
  EXPECT_EQ(shown("loss_scale", 65536), "65536");
  EXPECT_EQ(shown("tokens_per_second", 1234.4), "1,234 tokens/s");
  EXPECT_EQ(shown("num_tokens", 1234567), "1,234,567");
  EXPECT_EQ(shown("elements_per_batch", 12.5), "12.5");
  EXPECT_EQ(shown("mfu", 0.4237), "42.4 %");
  EXPECT_EQ(shown("data_time", 0.0123), "12.3 ms");
  EXPECT_EQ(shown("data_time", 12.345), "12.35 s");
  EXPECT_EQ(shown("data_time", 0.0000123), "12 us");
  EXPECT_EQ(shown("total_time", 245), "4 min 5 s");
  EXPECT_EQ(shown("peak_mem_bytes", 1342177280), "1.25 GiB");
  EXPECT_EQ(shown("lr", 0.0003), "0.0003");
  EXPECT_EQ(shown("lr", 0.00006), "6e-05");
}

TEST(MetricDescriptors, WriteWhatIsNoNumber) {
  EXPECT_EQ(shown("loss", std::nan("")), "nan");
  EXPECT_EQ(shown("num_tokens", std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(shown("peak_mem_bytes", -std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(shown("total_time", 1e300), "1e+300 s");
  EXPECT_EQ(shown("peak_mem_bytes", 1e300), "1e+300 B");
}

TEST(MetricDescriptors, KnowThePartsOfWhatTheyKnow) {
  const MetricDescriptor part = MetricDescriptors().of("param_norm/model.layers.0");

  EXPECT_EQ(part.name, "param_norm/model.layers.0");
  EXPECT_EQ(part.display_name, "Parameter norm (model.layers.0)");
  EXPECT_EQ(part.group, "Optimisation");
  EXPECT_EQ(MetricDescriptors().whole_of("param_norm/model.layers.0"), "param_norm");
  EXPECT_EQ(MetricDescriptors().whole_of("lr/a/b"), "lr");
  EXPECT_EQ(MetricDescriptors().of("lr/a/b").label, "lr (a/b)");
  EXPECT_EQ(MetricDescriptors().whole_of("shrubberies/red"), "shrubberies/red");
}

TEST(MetricDescriptors, ShowUnknownNamesAsTheyAre) {
  const MetricDescriptor unknown = MetricDescriptors().of("shrubberies/red");

  EXPECT_EQ(unknown.display_name, "shrubberies/red");
  EXPECT_EQ(format_metric(unknown, 3), "3.0000");
}

TEST(MetricDescriptors, TakeARecipesOwnBeforeTheStandardOnes) {
  const std::vector<MetricDescriptor> own{
      {.name = "loss", .display_name = "Grief", .format = MetricFormat::Percent}};

  const MetricDescriptors descriptors(own);

  EXPECT_EQ(descriptors.of("loss").display_name, "Grief");
  EXPECT_EQ(descriptors.of("grad_norm").display_name, "Gradient norm");
}

TEST(MetricDescriptors, PutWhatMattersFirstAndUnknownNamesLast) {
  const std::vector<MetricValue> values{{"b", 0},  {"total_time", 0}, {"a", 0},
                                        {"lr", 0}, {"perplexity", 0}, {"loss", 0}};

  EXPECT_THAT(
      MetricDescriptors().sorted(values),
      ElementsAre(MetricValue{"loss", 0}, MetricValue{"perplexity", 0}, MetricValue{"lr", 0},
                  MetricValue{"total_time", 0}, MetricValue{"b", 0}, MetricValue{"a", 0}));
}

TEST(MetricDescriptors, NameEachStandardMetricOnce) {
  std::set<std::string> names;
  std::set<int> orders;
  for (const auto& each : standard_metrics()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_TRUE(orders.insert(each.order).second) << each.name;
    EXPECT_FALSE(each.display_name.empty()) << each.name;
    EXPECT_FALSE(each.group.empty()) << each.name;
  }
}

TEST(WithCommas, GroupsThousands) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(-123456), "-123,456");
  EXPECT_EQ(with_commas(1e15), "1,000,000,000,000,000");
}

}  // namespace
}  // namespace roux
