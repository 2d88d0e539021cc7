#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "metrics/tensorboard_events.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/metrics/recorders.h"

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

}  // namespace
}  // namespace roux
