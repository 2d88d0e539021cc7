#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "metrics/tensorboard_events.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/metrics/recorders.h"
#include "support/process.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

// The bytes that tensorboard 2.21 itself makes (tensorboard.compat.proto.event_pb2).
TEST(TensorBoardEvents, AreTheBytesOfTensorBoardsOwnProtobuf) {
  EXPECT_EQ(tensorboard::file_version_event(1.5),
            "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x1a\x0d"
            "brain.Event:2"s);
  EXPECT_EQ(tensorboard::session_start_event(1.5, 300),
            "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xac\x02\x3a\x02\x08\x01"s);
  EXPECT_EQ(
      tensorboard::scalars_event(1.5, 300, std::vector<MetricValue>{{"loss", 0.5}, {"x", -2}}),
      "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x10\xac\x02\x2a\x17"
      "\x0a\x0b\x0a\x04loss\x15\x00\x00\x00\x3f"
      "\x0a\x08\x0a\x01x\x15\x00\x00\x00\xc0"s);
}

// The bytes that its tensorboard.summary.writer.record_writer makes.
TEST(TensorBoardEvents, AreFramedAsTfRecords) {
  EXPECT_EQ(tensorboard::tf_record("roux"),
            "\x04\x00\x00\x00\x00\x00\x00\x00"
            "BER\x04"
            "roux"
            "\x87\x0d\xb3\xc7"s);
}

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(TensorBoardRecorder, OpensALaterFileForEachStartEvenInOneSecond) {
  const TemporaryFolder folder;
  for (int start = 0; start < 3; ++start) {
    const auto recorder = make_tensorboard_recorder(folder.path());
    recorder->begin(start * 10);
    recorder->record(
        {.category = "train", .step = start * 10 + 1, .values = {{"loss", start * 1.0}}});
  }

  const auto files = event_files(folder.path() / "train");

  ASSERT_EQ(files.size(), 3);
  const std::string last = tensorboard::tf_record(
      tensorboard::scalars_event(0.0, 21, std::vector<MetricValue>{{"loss", 2.0}}));
  EXPECT_TRUE(read_file(files[2]).ends_with(last));
}

TEST(TensorBoardRecorder, CutsOffWhatWillBeSaidAgainAndATornEnd) {
  const TemporaryFolder folder;
  const auto recorder = make_tensorboard_recorder(folder.path());
  recorder->begin(0);
  const auto record = [&](std::int64_t step) {
    recorder->record({.category = "train", .step = step, .values = {{"loss", 1.0}}});
  };
  record(100);
  record(200);
  const fs::path first = event_files(folder.path() / "train").at(0);
  const auto size = fs::file_size(first);
  record(300);
  record(400);
  fs::resize_file(first, fs::file_size(first) - 3);

  recorder->begin(299);
  EXPECT_EQ(fs::file_size(first), size);
  record(300);
  EXPECT_EQ(event_files(folder.path() / "train").size(), 2);

  recorder->begin(200);  // nothing is left of the second, which a third replaces
  EXPECT_EQ(fs::file_size(first), size);
  EXPECT_EQ(event_files(folder.path() / "train").size(), 2);

  recorder->begin(0);
  ASSERT_EQ(event_files(folder.path() / "train").size(), 1);
  EXPECT_LT(fs::file_size(event_files(folder.path() / "train").at(0)), size);
}

// A run that was killed after step 8, in the middle of an event, and went on at step 5. The first
// file is put back as it was then: so it looks to a TensorBoard that has read it before.
TEST(SlowTensorBoard, ReadsWhatWeWriteAndForgetsWhatIsSaidAgain) {
  const TemporaryFolder folder;
  std::string first;
  for (const auto& [begin, end] : {std::pair(0, 8), {5, 10}}) {
    if (begin > 0) first = read_file(event_files(folder.path() / "train").front());
    const auto recorder = make_tensorboard_recorder(folder.path());
    recorder->begin(begin);
    for (int step = begin + 1; step <= end; ++step) {
      recorder->record(
          {.category = "train",
           .step = step,
           .data_epoch = 1,
           .wall_time = 1.7e9 + step,
           .values = {{"loss", begin + step / 16.0}, {"param_norm/a", 1e-9}, {"data_epoch", 1.0}}});
      if (step == 4) recorder->record({.category = "valid/en", .step = 4, .values = {{"loss", 2}}});
    }
    recorder->record_text({.name = "samples", .step = end, .text = "*Once*\nupon"});
  }
  first.resize(first.size() - 5);
  write_file(event_files(folder.path() / "train").front(), first);

  const Finished read = run_process(
      {std::string(ROUX_TOOLS) + "/parity", "--run",
       std::string(ROUX_TOOLS) + "/parity.d/tensorboard_read.py", folder.path().string()},
      {.timeout = std::chrono::minutes(10)});

  ASSERT_EQ(read.exit_code, 0) << read.err;
  const auto runs = nlohmann::json::parse(read.out);
  nlohmann::json losses;
  for (int step = 1; step <= 5; ++step) losses.push_back({step, step / 16.0});
  for (int step = 6; step <= 10; ++step) losses.push_back({step, 5 + step / 16.0});
  EXPECT_EQ(runs.at("train").at("loss"), losses);
  EXPECT_EQ(runs.at("train").at("data_epoch").size(), 10);
  EXPECT_EQ(runs.at("train").at("param_norm/a").at(9).at(1), static_cast<double>(1e-9F));
  EXPECT_EQ(runs.at("train").at("samples"),
            nlohmann::json::parse(R"([[10, "    *Once*\n    upon"]])"));
  EXPECT_EQ(runs.at("valid/en").at("loss"), nlohmann::json::parse("[[4, 2.0]]"));
}

}  // namespace
}  // namespace roux
