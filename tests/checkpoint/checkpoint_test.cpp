#include "roux/checkpoint/checkpoint.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "checkpoint/manifest.h"
#include "checkpoint/sample_run.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "roux/model/safetensors.h"
#include "roux/model/safetensors_tensors.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

// A store with one checkpoint, of step 7, and what it is saved from.
class ACheckpoint : public ::testing::Test {
 protected:
  void save(const CheckpointContents& contents) {
    CheckpointStore store(folder.path(), {});
    store.save(7, contents, 0.5);
    store.finish();
  }
  fs::path path() const { return folder.path() / "step_7"; }

  void change(const std::string& file, std::size_t at) const {
    std::fstream bytes(path() / file, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto byte = static_cast<char>(bytes.get() ^ 1);
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(byte);
  }

  TemporaryFolder folder;
};

at::Tensor counting(at::IntArrayRef shape) {
  std::int64_t count = 1;
  for (const auto extent : shape) count *= extent;
  return at::arange(count, at::TensorOptions(at::kFloat)).view(shape);
}

TEST_F(ACheckpoint, GivesBackWhatWasSaved) {
  save(contents_at(7));

  const Checkpoint checkpoint(path());

  EXPECT_EQ(checkpoint.step(), 7);
  EXPECT_EQ(checkpoint.score(), 0.5);
  EXPECT_THAT(difference_of(checkpoint), IsEmpty());
  EXPECT_TRUE(checkpoint.has_part("optimizer"));
  EXPECT_TRUE(checkpoint.has_part("data"));
  EXPECT_FALSE(checkpoint.has_part("dat"));
  EXPECT_FALSE(checkpoint.is_model_only());
  EXPECT_THAT(checkpoint.tensor_names("model"),
              ElementsAre("model/layers.0.weight", "model/layers.1.weight", "model/layers.2.weight",
                          "model/none", "model/scale"));
  checkpoint.verify();
}

TEST_F(ACheckpoint, IsReadByWhoeverReadsSafetensors) {
  save(contents_at(7));

  const SafetensorsReader reader(path());

  EXPECT_EQ(reader.tensors().size(), 5U);
  EXPECT_TRUE(at::equal(read_tensor(reader, "layers.1.weight"), contents_at(7).tensors[3].value));
  EXPECT_EQ(SafetensorsReader(path() / "optimizer.safetensors").tensors().size(), 7U);
}

TEST_F(ACheckpoint, TakesTensorsAndTargetsOfAnyStrides) {
  const auto value = counting({30, 50});
  save({.tensors = {{"model/w", value.t()}}});

  auto target = at::zeros({30, 50}).t();
  Checkpoint(path()).read(std::vector<CheckpointValue>{{"model/w", target}});

  EXPECT_TRUE(at::equal(target, value.t()));
  EXPECT_FALSE(target.is_contiguous());
}

TEST_F(ACheckpoint, IsReadOnALayoutOtherThanTheOneItWasSavedOn) {
  // Saved as by 2 tensor-parallel ranks (columns) of 2 shards (runs of elements) each.
  const auto value = counting({6, 10});
  CheckpointContents contents;
  for (const std::int64_t column : {0, 5}) {
    const auto flat = value.narrow(1, column, 5).contiguous().view(-1);
    for (const auto& [first, last] : {std::pair<std::int64_t, std::int64_t>{0, 16}, {16, 30}}) {
      contents.tensors.push_back({"model/w", flat.narrow(0, first, last - first),
                                  CheckpointSlice{{6, 10}, {0, column}, {6, 5}, first, last}});
    }
  }
  save(contents);
  const Checkpoint checkpoint(path());

  // Read as one, and as by 3 shards of rows.
  const auto all = at::zeros({6, 10});
  checkpoint.read(std::vector<CheckpointValue>{{"model/w", all}});
  EXPECT_TRUE(at::equal(all, value));
  for (std::int64_t row = 0; row < 6; row += 2) {
    const auto rows = at::zeros({2, 10});
    checkpoint.read(std::vector<CheckpointValue>{
        {"model/w", rows, CheckpointSlice{{6, 10}, {row, 0}, {2, 10}, 0, 20}}});
    EXPECT_TRUE(at::equal(rows, value.narrow(0, row, 2)));
  }
  EXPECT_THAT(checkpoint.tensor_names("model"), ElementsAre("model/w"));
}

TEST_F(ACheckpoint, ReadsAShardWithoutTheChunksThatItDoesNotNeed) {
  const std::int64_t chunk = checkpoint::kChunkBytes / sizeof(float);
  const auto value = counting({8, chunk});
  save({.tensors = {{"model/w", value}}});
  change("model.safetensors", 6 * checkpoint::kChunkBytes);
  const Checkpoint checkpoint(path());

  const auto read = [&](std::int64_t row) {
    const auto target = at::zeros({1, chunk});
    checkpoint.read(std::vector<CheckpointValue>{
        {"model/w", target, CheckpointSlice{{8, chunk}, {row, 0}, {1, chunk}, 0, chunk}}});
    return at::equal(target, value.narrow(0, row, 1));
  };

  EXPECT_TRUE(read(0));
  EXPECT_TRUE(read(4));
  EXPECT_THAT([&] { read(6); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("model.safetensors"), HasSubstr("from 6291456 to 7340031"))));
}

TEST_F(ACheckpoint, SaysEverythingThatDoesNotFitBeforeAnythingIsRead) {
  save(contents_at(7));
  const Checkpoint checkpoint(path());
  const auto scale = at::zeros({});
  const std::vector<CheckpointValue> targets{
      {"model/scale", scale},
      {"model/layers.0.weight", at::zeros({64, 41})},
      {"model/layers.1.weight", at::zeros({64, 40}, at::TensorOptions(at::kDouble))},
      {"model/layers.9.weight", at::zeros({64, 40})}};

  EXPECT_THAT([&] { checkpoint.read(targets); },
              ThrowsMessage<DataError>(AllOf(
                  HasSubstr("\"model/layers.0.weight\" has shape [64, 40], but [64, 41] is wanted"),
                  HasSubstr("\"model/layers.1.weight\" holds float32, but float64 is wanted"),
                  HasSubstr("\"model/layers.9.weight\" is not there"), Not(HasSubstr("scale")))));
  EXPECT_EQ(scale.item<float>(), 0.0F);
}

TEST_F(ACheckpoint, FindsAnyByteThatHasChanged) {
  save(contents_at(7));
  for (const auto& entry : fs::directory_iterator(path())) {
    const std::string name = entry.path().filename().string();
    const std::size_t size = fs::file_size(entry.path());
    for (std::size_t at = 0; at < size; at += std::max<std::size_t>(1, size / 40)) {
      change(name, at);
      EXPECT_THAT([&] { Checkpoint(path()).verify(); }, ThrowsMessage<DataError>(HasSubstr(name)))
          << name << ", byte " << at;
      change(name, at);
    }
  }
  Checkpoint(path()).verify();
}

TEST_F(ACheckpoint, WhoseSlicesOverlapIsNotRead) {
  CheckpointContents contents;
  const auto rows = [](std::int64_t first, std::int64_t count) {
    return CheckpointSlice{{4, 5}, {first, 0}, {count, 5}, 0, count * 5};
  };
  contents.tensors = {{"model/w", at::zeros({2, 5}), rows(0, 2)},
                      {"model/w", at::zeros({1, 5}), rows(2, 1)},
                      {"model/w", at::zeros({1, 5}), rows(3, 1)}};
  save(contents);
  auto manifest = checkpoint::read_manifest(path());
  manifest.tensors.at("model/w").slices[1].elements = rows(1, 1);
  write_file(path() / "manifest.json", checkpoint::manifest_text(manifest));

  const std::vector<CheckpointValue> targets{{"model/w", at::zeros({4, 5})}};
  EXPECT_THAT([&] { Checkpoint(path()).read(targets); },
              ThrowsMessage<DataError>(HasSubstr("overlap and leave elements out")));
}

TEST_F(ACheckpoint, NamesAllThatIsDamaged) {
  save(contents_at(7));
  change("model.safetensors", 1000);
  change("optimizer.safetensors", 2000);

  EXPECT_THAT([&] { Checkpoint(path()).verify(); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr("model.safetensors: "), HasSubstr("optimizer.safetensors: "))));
}

TEST_F(ACheckpoint, IsNoneWithoutAllOfItsFiles) {
  save(contents_at(7));
  const auto expect_refusal = [&](const std::string& why) {
    EXPECT_THAT([&] { Checkpoint checkpoint(path()); }, ThrowsMessage<DataError>(HasSubstr(why)));
  };
  const std::string model = read_file(path() / "model.safetensors");

  fs::resize_file(path() / "model.safetensors", model.size() - 1);
  expect_refusal("model.safetensors: it must have");
  fs::remove(path() / "model.safetensors");
  expect_refusal("model.safetensors: it is missing");
  fs::create_directory(path() / "model.safetensors");
  expect_refusal("model.safetensors: it is no plain file");
  fs::remove(path() / "model.safetensors");
  write_file(path() / "model.safetensors", model);
  EXPECT_NO_THROW(Checkpoint{path()});

  fs::rename(path(), folder.path() / "step_8");
  EXPECT_THAT([&] { Checkpoint checkpoint(folder.path() / "step_8"); },
              ThrowsMessage<DataError>(HasSubstr("it is of step 7")));
  EXPECT_THAT([&] { Checkpoint checkpoint(path()); },
              ThrowsMessage<DataError>(HasSubstr("manifest.json is not there")));
}

TEST_F(ACheckpoint, SaysWhichFileVanishedOrWasCutAfterItWasOpened) {
  save(contents_at(7));
  const Checkpoint checkpoint(path());
  const auto all = targets();
  fs::resize_file(path() / "model.safetensors", 5000);
  EXPECT_THAT([&] { checkpoint.read(all); },
              ThrowsMessage<DataError>(HasSubstr("it ends at byte 5000")));
  fs::remove(path() / "model.safetensors");
  EXPECT_THAT([&] { checkpoint.read(all); },
              ThrowsMessage<DataError>(HasSubstr("model.safetensors: it is not there any more")));
}

TEST_F(ACheckpoint, IsNotMadeOfWhatCouldNotBeReadBack) {
  CheckpointStore store(folder.path(), {});
  const auto w = counting({4, 4});
  const auto refused = [&](const CheckpointContents& contents) {
    EXPECT_THROW(store.save(1, contents), InternalError);
  };
  refused({.tensors = {{"model", w}}});
  refused({.tensors = {{"/w", w}}});
  refused({.tensors = {{"../w", w}}});
  refused({.tensors = {{"model/", w}}});
  refused({.tensors = {{"model/w", w}, {"model/w", w}}});
  refused({.tensors = {{"model/w", at::Tensor()}}});
  refused({.tensors = {{"model/w", w, CheckpointSlice{{8, 4}, {0, 0}, {4, 4}, 0, 16}}}});
  refused({.tensors = {{"model/w", w, CheckpointSlice{{4, 4}, {0, 0}, {4, 4}, 0, 15}}}});
  refused({.texts = {{"state.json", "{}"}}});
  EXPECT_THAT(store.steps(), IsEmpty());
  store.save(1, {.tensors = {{"model/w", w}}});
  store.finish();
  EXPECT_THAT(store.steps(), ElementsAre(1));
}

}  // namespace
}  // namespace roux
