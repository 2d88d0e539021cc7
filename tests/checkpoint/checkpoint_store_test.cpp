#include "roux/checkpoint/checkpoint_store.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "checkpoint/folder.h"
#include "checkpoint/sample_run.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_folder.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class AStore : public ::testing::Test {
 protected:
  void save(CheckpointStore& store, std::int64_t step, std::optional<double> score = {}) {
    store.save(step, contents_at(step), score);
    store.finish();
  }
  void save_all(const std::vector<std::int64_t>& steps, CheckpointRetention retention = {}) {
    CheckpointStore store(path(), retention);
    for (const auto step : steps) save(store, step);
  }
  fs::path path() const { return folder.path() / "checkpoints"; }
  fs::path step(std::int64_t number) const { return path() / cat("step_", number); }

  void flip(const fs::path& file, std::size_t at) const {
    std::string bytes = read_file(file);
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
    write_file(file, bytes);
  }

  TemporaryFolder folder;
};

TEST_F(AStore, IsEmptyAtFirst) {
  const CheckpointStore store(path(), {});
  EXPECT_THAT(store.steps(), IsEmpty());
  EXPECT_EQ(store.newest(), std::nullopt);
  EXPECT_EQ(store.best_step(), std::nullopt);
  EXPECT_THAT([&] { store.at(3); }, ThrowsMessage<ConfigError>(HasSubstr("there is none")));
}

TEST_F(AStore, FindsTheNewestByItsNumber) {
  save_all({9, 100, 20});
  const CheckpointStore store(path(), {});
  EXPECT_THAT(store.steps(), ElementsAre(9, 20, 100));
  EXPECT_EQ(store.newest()->step(), 100);
  EXPECT_THAT(difference_of(*store.newest()), IsEmpty());
  EXPECT_THAT(difference_of(store.at(20)), IsEmpty());
  EXPECT_THAT([&] { store.at(10); },
              ThrowsMessage<ConfigError>(HasSubstr("there are those of 9, 20, 100")));
}

TEST_F(AStore, WritesWhatWasThereWhenItWasTold) {
  CheckpointStore store(path(), {});
  auto contents = contents_at(1);
  store.save(1, contents);
  for (auto& tensor : contents.tensors) tensor.value.zero_();
  contents.texts.clear();
  store.finish();
  EXPECT_FALSE(store.is_saving());
  EXPECT_THAT(difference_of(store.at(1)), IsEmpty());
}

TEST_F(AStore, ReplacesACheckpointOfTheSameStep) {
  CheckpointStore store(path(), {});
  store.save(5, contents_at(4));
  save(store, 5);
  EXPECT_THAT(difference_of(store.at(5)), IsEmpty());
  EXPECT_THAT(names_in(path()), ElementsAre(".lock", "step_5"));
}

TEST_F(AStore, KnowsTheBestAlsoWhenItIsOpenedAgain) {
  {
    CheckpointStore store(path(), {});
    save(store, 1, 0.25);
    save(store, 2, 0.75);
    save(store, 3, 0.75);
    save(store, 4, std::numeric_limits<double>::quiet_NaN());
    save(store, 5);
    EXPECT_EQ(store.best_step(), 3);
  }
  const CheckpointStore store(path(), {});
  EXPECT_EQ(store.best_step(), 3);
  EXPECT_EQ(store.at(1).score(), 0.25);
  EXPECT_EQ(store.at(4).score(), std::nullopt);
}

TEST_F(AStore, KeepsWhatTheRetentionWants) {
  CheckpointStore store(path(), {.keep_last_n = 2, .keep_best_n = 1});
  save(store, 1, 0.1);
  save(store, 2, 0.9);
  save(store, 3, 0.2);
  save(store, 4, 0.3);
  EXPECT_THAT(names_in(path()), ElementsAre(".lock", "step_2", "step_3", "step_4"));
}

TEST_F(AStore, LeavesOlderOnesTheirModel) {
  CheckpointStore store(path(), {.model_only_but_last = true});
  for (const std::int64_t step : {1, 2, 3}) save(store, step);

  EXPECT_THAT(store.steps(), ElementsAre(1, 2, 3));
  EXPECT_THAT(names_in(step(1)), ElementsAre("manifest.json", "model.safetensors"));
  EXPECT_TRUE(store.at(2).is_model_only());
  for (const std::int64_t step : {1, 2, 3}) EXPECT_THAT(difference_of(store.at(step)), IsEmpty());
  EXPECT_FALSE(store.newest()->is_model_only());
}

TEST_F(AStore, NeverGoesOnFromAModelAlone) {
  CheckpointStore store(path(), {});
  save(store, 1);
  auto contents = contents_at(2);
  std::erase_if(contents.tensors, [](const auto& t) { return !t.name.starts_with("model/"); });
  contents.texts.clear();
  store.save(2, contents);
  store.finish();
  EXPECT_EQ(store.newest()->step(), 1);
  EXPECT_THAT(store.steps(), ElementsAre(1, 2));
}

TEST_F(AStore, TakesTheNewestThatIsWholeAndWarnsOfTheOthers) {
  save_all({1, 2, 3, 4, 5, 6, 7});
  flip(step(3) / "optimizer.safetensors", 3000);
  fs::remove(step(4) / "optimizer.safetensors");
  fs::resize_file(step(5) / "model.safetensors", 1000);
  write_file(step(6) / "manifest.json", "{}");
  fs::remove(step(7) / "manifest.json");

  const CheckpointStore store(path(), {});
  testing::internal::CaptureStderr();
  const auto newest = store.newest();
  const std::string warnings = testing::internal::GetCapturedStderr();

  EXPECT_EQ(newest->step(), 2);
  EXPECT_THAT(difference_of(*newest), IsEmpty());
  for (const std::int64_t step : {3, 4, 5, 6, 7}) {
    EXPECT_THAT(warnings, HasSubstr(cat("warning: the checkpoint of step ", step, " is broken")));
  }
  EXPECT_THAT(warnings, AllOf(HasSubstr("checksum"), HasSubstr("missing"), HasSubstr("cut short"),
                              HasSubstr("has no format")));
  // At first sight only the third looks whole.
  EXPECT_THAT(store.steps(), ElementsAre(1, 2, 3));
}

TEST_F(AStore, DoesNotLetARunBeginAnewWhereAllAreBroken) {
  save_all({1, 2});
  flip(step(1) / "model.safetensors", 3000);
  flip(step(2) / "manifest.json", 100);
  CheckpointStore store(path(), {});
  testing::internal::CaptureStderr();
  EXPECT_THAT([&] { store.newest(); }, ThrowsMessage<DataError>(AllOf(
                                           HasSubstr("roux checkpoint rm"), HasSubstr("step_1"))));
  testing::internal::GetCapturedStderr();
}

TEST_F(AStore, NeitherCountsNorRemovesWhatIsBroken) {
  save_all({1, 2});
  flip(step(2) / "manifest.json", 100);
  CheckpointStore store(path(), {.keep_last_n = 2});
  save(store, 3);
  EXPECT_THAT(names_in(path()), ElementsAre(".lock", "step_1", "step_2", "step_3"));
  save(store, 2);
  EXPECT_THAT(names_in(path()), ElementsAre(".lock", "step_2", "step_3"));
  EXPECT_THAT(difference_of(store.at(2)), IsEmpty());
}

TEST_F(AStore, LeavesAloneWhatIsNotItsOwn) {
  fs::create_directories(path() / "step_007");
  fs::create_directories(path() / "step_old");
  fs::create_directories(path() / ".tmp-mine");
  write_file(path() / "step_9", "a file");
  CheckpointStore store(path(), {.keep_last_n = 1});
  save(store, 1);
  save(store, 2);
  EXPECT_THAT(names_in(path()),
              ElementsAre(".lock", ".tmp-mine", "step_007", "step_2", "step_9", "step_old"));
  EXPECT_THAT([&] { save(store, 9); }, ThrowsMessage<Error>(HasSubstr("a file is in the way")));
}

TEST_F(AStore, CleansUpWhatAKilledRunLeft) {
  save_all({1, 2, 3, 4}, {});
  fs::rename(step(1), path() / ".removed-step_1");
  fs::remove(path() / ".removed-step_1" / "manifest.json");
  fs::rename(step(2), path() / ".replaced-step_2");
  fs::copy(step(3), path() / ".replaced-step_3", fs::copy_options::recursive);
  fs::copy(step(3), path() / ".tmp-step_5", fs::copy_options::recursive);
  // Killed after the manifest was made the model's, before the rest was removed.
  fs::copy(step(4), folder.path() / "whole", fs::copy_options::recursive);
  checkpoint::keep_model_only(path(), 4);
  const fs::path rest = folder.path() / "whole" / "optimizer.safetensors";
  fs::copy(rest, step(4) / "optimizer.safetensors");
  write_file(step(4) / ".tmp-0123456789abcdef", "half a manifest");
  write_file(step(4) / "notes", "mine");

  CheckpointStore store(path(), {});

  EXPECT_THAT(names_in(path()), ElementsAre(".lock", "step_2", "step_3", "step_4"));
  EXPECT_THAT(names_in(step(4)), ElementsAre("manifest.json", "model.safetensors", "notes"));
  for (const std::int64_t step : {2, 3, 4}) EXPECT_THAT(difference_of(store.at(step)), IsEmpty());
}

TEST_F(AStore, IsHeldByOneRun) {
  const CheckpointStore store(path(), {});
  EXPECT_THAT([&] { CheckpointStore second(path(), {}); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr("another run does: process "), HasSubstr(path().string()))));
}

TEST_F(AStore, SaysWhyAFolderCanBeNone) {
  write_file(path(), "a file");
  EXPECT_THAT([&] { CheckpointStore store(path(), {}); },
              ThrowsMessage<ConfigError>(HasSubstr(path().string())));
  EXPECT_THAT([&] { CheckpointStore store(path() / "below", {}); },
              ThrowsMessage<ConfigError>(HasSubstr("Not a directory")));
}

// Acts as a user who may not do everything, where the tests run as root.
class WithoutRights {
 public:
  WithoutRights() {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0) changed_ = seteuid(kNobody) == 0;
  }
  ~WithoutRights() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST_F(AStore, SaysThatAFolderMayNotBeWritten) {
  fs::create_directory(path());
  fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_exec |
                              fs::perms::others_read);
  fs::permissions(folder.path(), fs::perms::all);
  const WithoutRights without_rights;
  EXPECT_THAT(
      [&] { CheckpointStore store(path(), {}); },
      ThrowsMessage<Error>(AllOf(HasSubstr(path().string()), HasSubstr("Permission denied"))));
}

// What a save that can't be written does, and that the next one can.
class AFailingSave : public AStore {
 protected:
  void expect_failure(const std::function<void()>& break_it, const std::function<void()>& mend_it,
                      const std::string& why, const fs::path& where) {
    CheckpointStore store(where, {});
    save(store, 1);
    break_it();
    store.save(2, contents_at(2));
    EXPECT_THAT([&] { store.finish(); },
                ThrowsMessage<Error>(
                    AllOf(HasSubstr("cannot save the checkpoint of step 2: "), HasSubstr(why))));
    mend_it();
    EXPECT_THAT(names_in(where), Not(::testing::Contains(HasSubstr("tmp"))));
    save(store, 3);
    EXPECT_THAT(difference_of(*store.newest()), IsEmpty());
    EXPECT_EQ(store.newest()->step(), 3);
    for (const auto step : store.steps()) EXPECT_THAT(difference_of(store.at(step)), IsEmpty());
  }
};

TEST_F(AFailingSave, ThrowsInTheNextSaveWhatBecameOfTheLast) {
  CheckpointStore store(path(), {});
  write_file(step(2), "a file");
  store.save(2, contents_at(2));
  EXPECT_THAT([&] { store.save(3, contents_at(3)); },
              ThrowsMessage<Error>(HasSubstr("cannot save the checkpoint of step 2")));
  EXPECT_THAT(store.steps(), IsEmpty());
  save(store, 3);
  EXPECT_THAT(store.steps(), ElementsAre(3));
}

TEST_F(AFailingSave, OfAFileThatMayNotBeThatLarge) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  expect_failure(
      [&] {
        const rlimit limit{10'000, before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
      },
      [&] { setrlimit(RLIMIT_FSIZE, &before); }, "File too large", path());
  signal(SIGXFSZ, SIG_DFL);
}

TEST_F(AFailingSave, OfAFullDisk) {
  const fs::path disk = folder.path() / "disk";
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=400k") != 0) {
    GTEST_SKIP() << "a small disk can't be mounted here";
  }
  const fs::path ballast = disk / "ballast";
  expect_failure([&] { write_file(ballast, std::string(250'000, 'x')); },
                 [&] { fs::remove(ballast); }, "No space left on device", disk / "checkpoints");
  EXPECT_EQ(umount(disk.c_str()), 0);
}

TEST_F(AFailingSave, OfAFolderThatWasRemoved) {
  CheckpointStore store(path(), {});
  save(store, 1);
  fs::remove_all(path());
  store.save(2, contents_at(2));
  EXPECT_THAT([&] { store.finish(); },
              ThrowsMessage<Error>(AllOf(HasSubstr("No such file"), HasSubstr(path().string()))));
  EXPECT_FALSE(fs::exists(path()));  // perhaps a disk that is no longer mounted
  fs::create_directory(path());
  save(store, 3);
  EXPECT_THAT(store.steps(), ElementsAre(3));
}

TEST_F(AFailingSave, OfAFolderThatMayNotBeWritten) {
  fs::permissions(folder.path(), fs::perms::all);
  const WithoutRights without_rights;  // the store is made by the one who then may not
  expect_failure([&] { fs::permissions(path(), fs::perms::owner_read | fs::perms::owner_exec); },
                 [&] { fs::permissions(path(), fs::perms::owner_all); }, "Permission denied",
                 path());
}

TEST(RemoveCheckpoint, RefusesWhileTheRunGoesOn) {
  const TemporaryFolder folder;
  {
    CheckpointStore store(folder.path(), {});
    store.save(1, contents_at(1));
    store.finish();
    EXPECT_THAT([&] { remove_checkpoint(folder.path() / "step_1"); },
                ThrowsMessage<ConfigError>(HasSubstr("goes on")));
  }
  remove_checkpoint(folder.path() / "step_1/");
  EXPECT_THAT(list_checkpoints(folder.path()), IsEmpty());
  EXPECT_THAT([&] { remove_checkpoint(folder.path()); },
              ThrowsMessage<ConfigError>(HasSubstr("step_N")));
}

}  // namespace
}  // namespace roux
