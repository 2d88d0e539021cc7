#include "roux/datasets/dataset_family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/config/toml.h"
#include "roux/datasets/register.h"
#include "roux/di/all.h"
#include "roux/di/container.h"
#include "roux/tokenizer/load.h"

namespace roux::datasets {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

DatasetParts parts() {
  return {make_byte_tokenizer(), RandomStream(1, "data")};
}

config::RawTable table(const std::string& toml) {
  return {config::parse_toml(toml, "my.toml", ".")};
}

struct CountConfig {
  std::int64_t to = 3;

  static void describe(config::Fields<CountConfig>& field) {
    field("to", &CountConfig::to, "How far.").at_least(1);
  }
};

// A family as a recipe brings one along.
class CountFamily final : public DatasetFamily {
 public:
  std::string name() const override { return "count"; }
  std::shared_ptr<const Dataset> open(const DatasetConfig& section,
                                      const DatasetParts&) const override {
    throw Error(cat("counts to ", read_dataset_config<CountConfig>(section).to));
  }
};

class DatasetHubTest : public testing::Test {
 protected:
  DatasetHubTest() {
    register_text(container_);
    container_.collect<DatasetFamily>([] { return std::make_unique<CountFamily>(); });
    container_.seal();
  }

  template <typename E>
  void expect_refused(const DatasetConfig& section, const std::string& text) {
    EXPECT_THAT([&] { container_.get<DatasetHub>().open(section, parts()); },
                ThrowsMessage<E>(HasSubstr(text)));
  }

  di::Container container_;
  TemporaryFolder folder_;
};

TEST_F(DatasetHubTest, OpensAFamilyWithItsOwnSettings) {
  const auto file = folder_.path() / "a.jsonl";
  write_file(file, "{\"body\": \"one\"}\n{\"body\": \"two\"}\n");
  const auto dataset = container_.get<DatasetHub>().open(
      {.path = file, .config_overrides = table("field = \"body\"\nadd_eos = false")}, parts());
  const auto stream = dataset->open(Split::Train, 0, 1);
  EXPECT_EQ(stream->next()->ids.size(), 4U);
  EXPECT_EQ(dataset->description(), "1 file, 32 B");
}

TEST_F(DatasetHubTest, OpensAFamilyThatARecipeBringsAlong) {
  expect_refused<Error>({.family = "count"}, "counts to 3");
  expect_refused<Error>({.family = "count", .config_overrides = table("to = 5")}, "counts to 5");
}

TEST_F(DatasetHubTest, SaysWhatThereIsAndWhatIsWrong) {
  expect_refused<ConfigError>({.family = "txet"},
                              "no dataset family \"txet\" (did you mean \"text\"?)");
  expect_refused<ConfigError>({.name = "sampel"},
                              "no dataset \"sampel\" (did you mean \"sample\"?)");
  expect_refused<ConfigError>({.family = "count", .config_overrides = table("too = 5")},
                              "my.toml:1:1: too");
  expect_refused<ConfigError>(
      {.path = "a.jsonl", .config_overrides = table("sources = [{path = \"b.jsonl\"}]")},
      "must be unset");
  expect_refused<ConfigError>({.config_overrides = table("sources = [{path = \"b\", weight = 0}]")},
                              "sources[0].weight: must be more than 0");
}

TEST_F(DatasetHubTest, MakesTheSampleWhereItIsAskedFor) {
  setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
  const auto dataset = container_.get<DatasetHub>().open({.name = "sample"}, parts());
  EXPECT_TRUE(dataset->has(Split::Valid));
  EXPECT_TRUE(dataset->open(Split::Train, 63, 64)->next().has_value());
  EXPECT_TRUE(dataset->open(Split::Valid, 0, 1)->next().has_value());
}

}  // namespace
}  // namespace roux::datasets
