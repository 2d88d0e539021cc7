#include "roux/metrics/recorded_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/metrics/recorders.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

class RecordedRuns : public ::testing::Test {
 protected:
  RecordedRuns() : recorder(make_jsonl_recorder(folder.path() / "metrics")) {
    fs::create_directory(folder.path() / "metrics");
  }

  void record(std::int64_t step, double loss, const std::string& category = "train") {
    recorder->record({.category = category,
                      .step = step,
                      .wall_time = 100.0 + static_cast<double>(step),
                      .values = {{"loss", loss}}});
  }
  void write(const std::string& name, std::string_view text) {
    fs::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::app) << text;
  }
  static std::vector<double> losses(const RecordedRun& run, std::string_view category = "train") {
    std::vector<double> values;
    const RecordedSeries* series = run.find(category, "loss");
    if (series) {
      for (const auto& each : series->points()) values.push_back(each.value);
    }
    return values;
  }

  TemporaryFolder folder;
  std::unique_ptr<MetricRecorder> recorder;
};

TEST_F(RecordedRuns, HoldWhatWasRecorded) {
  record(1, 0.1);
  record(2, 1e300);
  record(2, 3.0, "valid/en");
  recorder->record_text({.name = "samples", .step = 2, .text = "Once \"upon\"\n"});

  const RecordedRun run(folder.path());

  EXPECT_THAT(losses(run), ElementsAre(0.1, 1e300));
  EXPECT_THAT(losses(run, "valid/en"), ElementsAre(3.0));
  EXPECT_EQ(run.find("train", "loss")->last().step, 2);
  EXPECT_EQ(run.find("train", "loss")->last().time, 102.0);
  EXPECT_EQ(run.find("train", "nothing"), nullptr);
  EXPECT_EQ(run.find("test", "loss"), nullptr);
  ASSERT_EQ(run.texts().size(), 1);
  EXPECT_EQ(run.texts()[0].text, "Once \"upon\"\n");
}

TEST_F(RecordedRuns, PutTrainFirst) {
  for (const char* category : {"valid", "train", "valid/a", "eval"}) record(1, 1.0, category);

  const RecordedRun run(folder.path());

  std::vector<std::string> names;
  for (const auto& [name, ignored] : run.categories()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("train", "eval", "valid", "valid/a"));
}

TEST_F(RecordedRuns, KeepWhatIsNoNumber) {
  record(1, 5.0);
  record(2, std::nan(""));
  record(3, -std::numeric_limits<double>::infinity());

  const RecordedRun run(folder.path());

  const RecordedSeries& series = *run.find("train", "loss");
  EXPECT_TRUE(std::isnan(series.points()[1].value));
  EXPECT_TRUE(std::isinf(series.points()[2].value));
  EXPECT_EQ(series.smallest(), 5.0);
  EXPECT_EQ(series.sum(), 5.0);
}

TEST_F(RecordedRuns, FollowARunThatGoesOn) {
  record(1, 1.0);
  RecordedRun run(folder.path());

  EXPECT_FALSE(run.refresh());
  record(2, 2.0);
  record(2, 9.0, "valid");
  EXPECT_TRUE(run.refresh());
  EXPECT_THAT(losses(run), ElementsAre(1.0, 2.0));
  EXPECT_THAT(losses(run, "valid"), ElementsAre(9.0));

  write("metrics/train.jsonl", "{\"step\":3,");
  EXPECT_FALSE(run.refresh());
  write("metrics/train.jsonl", "\"time\":1,\"loss\":3}\n");
  EXPECT_TRUE(run.refresh());
  EXPECT_THAT(losses(run), ElementsAre(1.0, 2.0, 3.0));
}

TEST_F(RecordedRuns, FollowARunThatGoesOnAtAnEarlierStep) {
  for (int step = 1; step <= 5; ++step) record(step, step);
  RecordedRun run(folder.path());

  recorder->begin(2);
  for (int step = 3; step <= 7; ++step) record(step, step + 2);  // lines as long as before
  run.refresh();
  EXPECT_THAT(losses(run), ElementsAre(1, 2, 5, 6, 7, 8, 9));

  recorder->begin(1);
  run.refresh();
  EXPECT_THAT(losses(run), ElementsAre(1));

  recorder->begin(0);
  EXPECT_TRUE(run.refresh());
  EXPECT_THAT(losses(run), IsEmpty());
}

TEST_F(RecordedRuns, SayWhereALineIsDamaged) {
  record(1, 1.0);
  write("metrics/train.jsonl", "what\n");

  EXPECT_THAT([&] { RecordedRun{folder.path()}; },
              ThrowsMessage<DataError>(AllOf(HasSubstr("train.jsonl, byte 31: a record must be"))));
}

TEST_F(RecordedRuns, AreNoOtherFolders) {
  fs::create_directory(folder.path() / "else");

  EXPECT_THAT([&] { RecordedRun{folder.path() / "else"}; },
              ThrowsMessage<ConfigError>(HasSubstr("neither a config.toml nor")));
  EXPECT_THAT([&] { RecordedRun{folder.path() / "nowhere"}; },
              ThrowsMessage<ConfigError>(HasSubstr("is not there")));
}

TEST_F(RecordedRuns, ShowTheConfigWithoutItsSecrets) {
  write("config.toml", "[hub]\napi_key = \"abc\"\nname = \"x\"\n");

  EXPECT_THAT(RecordedRun(folder.path()).config(),
              AllOf(HasSubstr("name = \"x\""), Not(HasSubstr("abc"))));
}

TEST_F(RecordedRuns, KnowTheMachineOfTheLastStart) {
  write("logs/rank_0.log",
        "2026-01-01 00:00:00.000 [info] lm/train (Roux 0.1.0)\n"
        "2026-01-01 00:00:00.000 [info] cpu: old\n"
        "2026-01-01 00:00:00.000 [info] config:\n    [a]\n    b = 1\n"
        "2026-01-01 00:00:00.000 [info] step 1 | loss: 2\n"
        "2026-01-01 00:00:00.000 [info] lm/train (Roux 0.2.0)\n"
        "2026-01-01 00:00:00.000 [info] cpu: new: 2 cores\n"
        "2026-01-01 00:00:00.000 [info] config:\n    [a]\n"
        "2026-01-01 00:00:00.000 [info] note: later\n");

  const auto facts = RecordedRun(folder.path()).facts();

  EXPECT_THAT(
      facts, ElementsAre(
                 AllOf(Field(&Fact::name, "program"), Field(&Fact::value, "lm/train (Roux 0.2.0)")),
                 AllOf(Field(&Fact::name, "cpu"), Field(&Fact::value, "new: 2 cores"))));
}

TEST(RecordedSeries, KeepItsPeaksHoweverLongItIs) {
  RecordedSeries series;
  double sum = 0.0;
  for (int step = 1; step <= 100'000; ++step) {
    const double value = step == 54'321 ? 1e6 : step == 76'543 ? -1e6 : step % 10;
    sum += value;
    series.add({step, 0.0, value});
  }

  EXPECT_LE(series.points().size(), 8192);
  EXPECT_GE(series.points().size(), 4000);
  EXPECT_EQ(series.count(), 100'000);
  EXPECT_EQ(series.sum(), sum);
  EXPECT_EQ(series.step_of_largest(), 54'321);
  EXPECT_EQ(series.step_of_smallest(), 76'543);
  EXPECT_EQ(series.last().step, 100'000);
  std::int64_t before = 0;
  double largest = 0.0;
  double smallest = 0.0;
  for (const auto& each : series.points()) {
    EXPECT_GT(each.step, before);
    before = each.step;
    largest = std::max(largest, each.value);
    smallest = std::min(smallest, each.value);
  }
  EXPECT_EQ(largest, 1e6);
  EXPECT_EQ(smallest, -1e6);
}

}  // namespace
}  // namespace roux
