#include "roux/metrics/recorders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metrics/record_format.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log_config.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

MetricRecord record_at(std::int64_t step, std::vector<MetricValue> values = {},
                       std::string category = "train") {
  if (values.empty()) values = {{"loss", 10.0 / static_cast<double>(step + 1)}};
  return {.category = std::move(category),
          .step = step,
          .wall_time = 1'700'000'000.25 + static_cast<double>(step),
          .values = std::move(values)};
}

void write_text(const fs::path& path, std::string_view text, std::ios::openmode mode) {
  std::ofstream(path, std::ios::binary | mode) << text;
}

class RecorderFiles : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder.path() / name; }
  std::string text(const std::string& name) const { return read_file(path(name)); }

  TemporaryFolder folder;
};

// What a run of ten steps that was killed after step 8 and went on at step 5 leaves.
void record_a_killed_run(const std::function<std::unique_ptr<MetricRecorder>()>& make) {
  for (const auto& [begin, end] : {std::pair(0, 8), {5, 10}}) {
    const auto recorder = make();
    recorder->begin(begin);
    for (int step = begin + 1; step <= end; ++step) {
      std::vector<MetricValue> values{{"loss", 1.0 / step}};
      if (step >= 7) values.push_back({"param_norm/a", 2.0});
      recorder->record(record_at(step, values));
      if (step % 4 == 0) recorder->record(record_at(step, {{"loss", 2.0}}, "valid/en"));
    }
  }
}

void record_a_whole_run(const std::function<std::unique_ptr<MetricRecorder>()>& make) {
  const auto recorder = make();
  recorder->begin(0);
  for (int step = 1; step <= 10; ++step) {
    std::vector<MetricValue> values{{"loss", 1.0 / step}};
    if (step >= 7) values.push_back({"param_norm/a", 2.0});
    recorder->record(record_at(step, values));
    if (step % 4 == 0) recorder->record(record_at(step, {{"loss", 2.0}}, "valid/en"));
  }
}

using JsonlRecorder = RecorderFiles;

TEST_F(JsonlRecorder, WritesAnObjectALine) {
  const auto recorder = make_jsonl_recorder(folder.path());
  recorder->begin(0);
  MetricRecord record = record_at(3, {{"loss", 0.1},
                                      {"num_tokens", 1e6},
                                      {"a \"name\"\n", -0.5},
                                      {"grad_norm", std::nan("")},
                                      {"high", std::numeric_limits<double>::infinity()},
                                      {"low", -std::numeric_limits<double>::infinity()}});
  record.data_epoch = 1;

  recorder->record(record);
  recorder->record(record_at(4, {{"loss", 2.0}}, "valid/en"));

  EXPECT_EQ(
      text("train.jsonl"),
      "{\"step\":3,\"time\":1700000003.25,\"data_epoch\":1,\"loss\":0.1,\"num_tokens\":1000000,"
      "\"a \\\"name\\\"\\n\":-0.5,\"grad_norm\":\"NaN\",\"high\":\"Infinity\","
      "\"low\":\"-Infinity\"}\n");
  EXPECT_EQ(text("valid/en.jsonl"), "{\"step\":4,\"time\":1700000004.25,\"loss\":2}\n");
}

TEST_F(JsonlRecorder, GoesOnWhereARunWasKilled) {
  record_a_killed_run([&] { return make_jsonl_recorder(folder.path() / "killed"); });
  record_a_whole_run([&] { return make_jsonl_recorder(folder.path() / "whole"); });

  EXPECT_EQ(text("killed/train.jsonl"), text("whole/train.jsonl"));
  EXPECT_EQ(text("killed/valid/en.jsonl"), text("whole/valid/en.jsonl"));
}

TEST_F(JsonlRecorder, DropsATornOrDamagedEnd) {
  for (const std::string& end :
       {std::string("{\"step\":2,\"time\":17"), std::string("{\"step\":2,\"time\":1,"),
        std::string(100, '\0'), std::string(200'000, '\0'), std::string("\n\n"),
        std::string("{\"step\":3,\"time\":1,\"loss\":1}\n{\"st")}) {
    fs::remove_all(path("metrics"));
    const auto recorder = make_jsonl_recorder(path("metrics"));
    recorder->begin(0);
    recorder->record(record_at(1));
    const std::string good = text("metrics/train.jsonl");
    write_text(path("metrics/train.jsonl"), end, std::ios::app);

    recorder->begin(2);

    EXPECT_EQ(text("metrics/train.jsonl"), good);
  }
}

TEST_F(JsonlRecorder, CutsALongFileFromItsEnd) {
  const auto recorder = make_jsonl_recorder(folder.path());
  recorder->begin(0);
  for (int step = 1; step <= 5000; ++step) recorder->record(record_at(step));
  const auto size_of_all = fs::file_size(path("train.jsonl"));

  recorder->begin(5000);
  EXPECT_EQ(fs::file_size(path("train.jsonl")), size_of_all);
  recorder->begin(20);

  const std::string kept = text("train.jsonl");
  EXPECT_EQ(std::count(kept.begin(), kept.end(), '\n'), 20);
  EXPECT_THAT(kept, AllOf(HasSubstr("{\"step\":20,"), Not(HasSubstr("{\"step\":21,"))));
}

TEST_F(JsonlRecorder, BeginsAnewWithTheRun) {
  const auto recorder = make_jsonl_recorder(folder.path());
  recorder->begin(0);
  recorder->record(record_at(0, {{"loss", 9.0}}, "valid"));

  recorder->begin(0);

  EXPECT_EQ(text("valid.jsonl"), "");
}

TEST_F(JsonlRecorder, KeepsCategoriesInItsFolder) {
  const auto recorder = make_jsonl_recorder(path("metrics"));
  recorder->begin(0);

  recorder->record(record_at(1, {}, "valid/../../etc/a b"));

  EXPECT_TRUE(fs::exists(path("metrics/valid/_../_../etc/a_b.jsonl")));
}

TEST_F(JsonlRecorder, WritesTexts) {
  const auto recorder = make_jsonl_recorder(folder.path());
  recorder->begin(0);

  recorder->record_text({.name = "samples", .step = 5, .wall_time = 2.5, .text = "Once\n\"upon\""});

  EXPECT_EQ(text("texts.jsonl"),
            "{\"step\":5,\"time\":2.5,\"name\":\"samples\",\"text\":\"Once\\n\\\"upon\\\"\"}\n");
}

TEST_F(JsonlRecorder, SaysSoIfItsFileWasRemoved) {
  const auto recorder = make_jsonl_recorder(path("metrics"));
  recorder->begin(0);
  recorder->record(record_at(1));

  fs::remove_all(path("metrics"));

  EXPECT_THROW(recorder->record(record_at(2)), Error);
}

using CsvRecorder = RecorderFiles;

TEST_F(CsvRecorder, WritesARowForEachReport) {
  const auto recorder = make_csv_recorder(folder.path());
  recorder->begin(0);
  MetricRecord first = record_at(1, {{"loss", 0.1}, {"a, \"b\"", 2}});
  first.data_epoch = 1;
  recorder->record(first);
  recorder->record(record_at(2, {{"a, \"b\"", std::nan("")}}));

  EXPECT_EQ(text("train.csv"),
            "step,time,data_epoch,loss,\"a, \"\"b\"\"\"\n"
            "1,1700000001.25,1,0.1,2\n"
            "2,1700000002.25,,,nan\n");
}

TEST_F(CsvRecorder, TakesInColumnsThatTurnUpLater) {
  const auto recorder = make_csv_recorder(folder.path());
  recorder->begin(0);
  recorder->record(record_at(1, {{"loss", 1}}));
  recorder->record(record_at(2, {{"loss", 2}, {"x", 3}, {"y", 4}}));
  recorder->record(record_at(3, {{"loss", 5}}));

  EXPECT_EQ(text("train.csv"),
            "step,time,data_epoch,loss,x,y\n"
            "1,1700000001.25,,1,,\n"
            "2,1700000002.25,,2,3,4\n"
            "3,1700000003.25,,5,,\n");
}

TEST_F(CsvRecorder, GoesOnWhereARunWasKilled) {
  record_a_killed_run([&] { return make_csv_recorder(folder.path() / "killed"); });
  record_a_whole_run([&] { return make_csv_recorder(folder.path() / "whole"); });

  EXPECT_EQ(text("killed/train.csv"), text("whole/train.csv"));
  EXPECT_EQ(text("killed/valid/en.csv"), text("whole/valid/en.csv"));
}

TEST_F(CsvRecorder, DropsATornRowAndATornHeader) {
  const auto recorder = make_csv_recorder(folder.path());
  recorder->begin(0);
  recorder->record(record_at(1));
  const std::string good = text("train.csv");

  write_text(path("train.csv"), "2,17000", std::ios::app);
  recorder->begin(5);
  EXPECT_EQ(text("train.csv"), good);

  write_text(path("train.csv"), "step,time,da", std::ios::trunc);
  recorder->begin(5);
  recorder->record(record_at(1));
  EXPECT_EQ(text("train.csv"), good);
}

// Collects what the log says meanwhile.
class LogRecorder : public RecorderFiles {
 protected:
  LogRecorder() { configure_logging({.console = false, .file = folder.path() / "log"}); }
  ~LogRecorder() override { configure_logging({}); }

  MetricDescriptors descriptors;
};

TEST_F(LogRecorder, SaysWhatMattersInOneLine) {
  const auto recorder = make_log_recorder(descriptors, {.num_steps = 2000});
  MetricRecord record = record_at(100, {{"tokens_per_second", 1234},
                                        {"peak_mem_bytes", 1e9},
                                        {"lr", 0.0003},
                                        {"perplexity", 24.8},
                                        {"loss", 3.21}});
  record.data_epoch = 2;

  recorder->record(record);

  EXPECT_THAT(
      text("log"),
      HasSubstr("] step 100/2,000 (5 %) | epoch 2 | loss 3.2100 | ppl 24.8000 | lr 0.0003 | "
                "1,234 tokens/s\n"));
}

TEST_F(LogRecorder, SaysAllIfAsked) {
  const auto recorder = make_log_recorder(descriptors, {.all = true});

  recorder->record(record_at(1, {{"tokens_per_second_per_device", 9}, {"own", 2}}, "valid/en"));

  EXPECT_THAT(
      text("log"),
      HasSubstr("] valid/en, step 1 | Tokens per second and device 9 tokens/s | own 2.0000\n"));
}

TEST_F(LogRecorder, WrapsBetweenNumbers) {
  const auto recorder = make_log_recorder(descriptors);
  std::vector<MetricValue> values;
  for (int i = 0; i < 12; ++i) values.push_back({"a rather long name " + std::to_string(i), 1});

  recorder->record(record_at(1, values));

  std::size_t longest = 0;
  std::ifstream log(path("log"));
  for (std::string line; std::getline(log, line);) longest = std::max(longest, line.size());
  EXPECT_LT(longest, 150);
  EXPECT_THAT(text("log"), HasSubstr("\n    a rather long name 3 1.0000 | a rather"));
}

class Failing final : public MetricRecorder {
 public:
  std::string name() const override { return "failing"; }
  void record(const MetricRecord&) override {
    ++calls;
    throw Error("no space left");
  }
  int calls = 0;
};

class Counting final : public MetricRecorder {
 public:
  void record(const MetricRecord&) override { ++calls; }
  int calls = 0;
};

TEST_F(LogRecorder, AFailingRecorderIsToldOfOnceAndLeftOut) {
  Failing failing;
  Counting counting;
  RecorderGroup group;
  group.add(failing);
  group.add(counting);

  group.begin(0);
  for (int step = 1; step <= 3; ++step) group.record(record_at(step));
  group.flush();

  EXPECT_EQ(failing.calls, 1);
  EXPECT_EQ(counting.calls, 3);
  const std::string log = text("log");
  const std::string warning = "the failing recorder stops recording metrics of this run: no space";
  EXPECT_THAT(log, HasSubstr(warning));
  EXPECT_EQ(log.find(warning), log.rfind(warning));
}

TEST_F(LogRecorder, AFullDiskStopsTheRecorderAndNotTheRun) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  fs::create_directories(path("metrics"));
  fs::create_symlink("/dev/full", path("metrics/train.jsonl"));
  RecorderGroup group;
  group.add(make_jsonl_recorder(path("metrics")));

  group.record(record_at(1));
  group.record(record_at(2));

  EXPECT_THAT(text("log"),
              AllOf(HasSubstr("the JSONL recorder stops"), HasSubstr("No space left")));
}

TEST(StepOfJsonLine, ReadsOnlyWhatIsWhole) {
  EXPECT_EQ(step_of_json_line("{\"step\":12,\"time\":1}"), 12);
  EXPECT_EQ(step_of_json_line("{\"step\":12,\"time\":1"), std::nullopt);
  EXPECT_EQ(step_of_json_line("{\"step\":}"), std::nullopt);
  EXPECT_EQ(step_of_json_line("{\"loss\":12}"), std::nullopt);
  EXPECT_EQ(step_of_json_line(""), std::nullopt);
}

}  // namespace
}  // namespace roux
