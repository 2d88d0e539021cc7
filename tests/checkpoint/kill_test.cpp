// A run that is killed while it saves: whatever the instant, what it leaves is whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "checkpoint/sample_run.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "support/process.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

// So large that most of the time goes into writing, and not into waiting between two calls.
constexpr std::int64_t kSize = 150;

// In memory where there is such a folder: there nothing waits for a disk, where a kill finds
// nothing half done.
fs::path parent() {
  return fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
}

// Each run goes on from the newest checkpoint, and says of each step that it is durable.
void kill_again_and_again(int times, std::uint64_t seed) {
  const TemporaryFolder folder(parent());
  std::mt19937_64 random(seed);
  std::int64_t newest = -1;
  int changed = 0;
  for (int i = 0; i < times; ++i) {
    std::string out;
    {
      Process saver({ROUX_CHECKPOINT_SAVER, folder.path().string(), cat(kSize)});
      saver.wait_for_output("saved");
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
      saver.send_signal(SIGKILL);
      const Finished finished = saver.wait();
      ASSERT_EQ(finished.exit_code, 128 + SIGKILL) << finished.err;
      out = finished.out;
    }
    // What lies there while nobody has cleaned up: every step is whole.
    for (const auto& [step, path] : list_checkpoints(folder.path())) {
      ASSERT_THAT(difference_of(Checkpoint(path), kSize), IsEmpty()) << "kill " << i;
    }
    const CheckpointStore store(folder.path(), {});
    const auto checkpoint = store.newest();
    ASSERT_TRUE(checkpoint.has_value());
    ASSERT_THAT(difference_of(*checkpoint, kSize), IsEmpty()) << "kill " << i;
    // Nothing that was said to be durable is lost.
    const auto last = out.rfind("saved ", out.rfind('\n') - 1);
    ASSERT_GE(checkpoint->step(), std::stoll(out.substr(last + 6)));
    if (checkpoint->step() > newest) ++changed;
    newest = checkpoint->step();
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename().string();
      ASSERT_TRUE(name == ".lock" || name.starts_with("step_")) << name;
    }
  }
  EXPECT_EQ(changed, times);
}

TEST(KilledSave, LeavesWholeCheckpoints) {
  kill_again_and_again(5, 1);
}

TEST(SlowKilledSave, LeavesWholeCheckpoints) {
  kill_again_and_again(60, 2);
}

}  // namespace
}  // namespace roux
