// `roux checkpoint`, as a user calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/sample_run.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "support/process.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A run with the steps 5 and 10, of which the first is a model only.
class RouxCheckpoint : public ::testing::Test {
 protected:
  RouxCheckpoint() {
    CheckpointStore store(folder.path() / "run" / "checkpoints", {.model_only_but_last = true});
    store.save(5, contents_at(5), 0.25);
    store.save(10, contents_at(10));
  }

  Finished run(std::vector<std::string> words) const {
    words.insert(words.begin(), ROUX_CHECKPOINT_TOOL);
    return run_process(std::move(words), {.working_folder = folder.path()});
  }
  std::string works(std::vector<std::string> words) const {
    const Finished finished = run(std::move(words));
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }
  std::string refused(std::vector<std::string> words) const {
    const Finished finished = run(std::move(words));
    EXPECT_EQ(finished.exit_code, 2) << finished.out;
    return finished.err;
  }

  TemporaryFolder folder;
  const std::string step_10 = "run/checkpoints/step_10";
};

TEST_F(RouxCheckpoint, ListsARunWithWhatIsWrong) {
  const std::string all = works({"ls", "run"});
  EXPECT_THAT(all, ContainsRegex("5 +20[0-9-]+T[0-9:]+Z +[0-9.]+ KiB +0.25 +model only"));
  EXPECT_THAT(all, ContainsRegex("10 .*data, model, optimizer, trainer"));
  EXPECT_EQ(works({"ls", "run/checkpoints"}), all);

  fs::remove(folder.path() / step_10 / "data.txt");
  EXPECT_THAT(works({"ls", "run"}),
              AllOf(ContainsRegex("10 +broken"), HasSubstr("data.txt: it is missing")));
  EXPECT_THAT(works({"ls", step_10}), HasSubstr("data.txt: it is missing"));
  EXPECT_THAT(works({"ls", "run", "--json"}),
              AllOf(HasSubstr("\"whole\": true"), HasSubstr("\"whole\": false"),
                    HasSubstr("\"score\": 0.25")));
}

TEST_F(RouxCheckpoint, ShowsTensorsAndTexts) {
  const std::string shown = works({"show", "run"});
  EXPECT_THAT(shown, AllOf(HasSubstr("step 10, "), HasSubstr("model/layers.{0-2}.weight"),
                           HasSubstr("optimizer/layers.{0-2}.weight/exp_avg"),
                           HasSubstr("trainer/state.json")));
  EXPECT_THAT(shown, Not(HasSubstr("layers.1")));
  EXPECT_THAT(works({"show", step_10, "--all"}), HasSubstr("model/layers.1.weight"));
  EXPECT_THAT(works({"show", step_10, "--json"}), HasSubstr("\"model/layers.1.weight\""));
  EXPECT_EQ(works({"show", "run", "--text", "trainer/state.json"}), "{\"step\": 10}");
  EXPECT_THAT(refused({"show", "run", "--text", "trainer/state"}),
              HasSubstr("did you mean \"trainer/state.json\"?"));
}

TEST_F(RouxCheckpoint, FindsAByteThatHasChanged) {
  EXPECT_THAT(works({"verify", "run"}),
              AllOf(HasSubstr("step_5: whole"), HasSubstr("step_10: whole")));
  EXPECT_THAT(works({"verify", "-q", "run"}), IsEmpty());
  std::fstream file(folder.path() / step_10 / "optimizer.safetensors",
                    std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(30'000);
  file.put('\x7f');
  file.close();

  const Finished verified = run({"verify", "run", "-q"});

  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out,
              AllOf(HasSubstr("step_10: broken: "), HasSubstr("optimizer.safetensors: its bytes"),
                    Not(HasSubstr("step_5"))));
}

TEST_F(RouxCheckpoint, RemovesWhatIsNamedUnlessTheRunGoesOn) {
  EXPECT_THAT(refused({"rm", step_10, "run"}), HasSubstr("the folder of one checkpoint"));
  EXPECT_TRUE(fs::exists(folder.path() / step_10));
  {
    const CheckpointStore store(folder.path() / "run" / "checkpoints", {});
    EXPECT_THAT(refused({"rm", step_10}), HasSubstr("goes on"));
  }
  works({"rm", step_10 + "/"});
  EXPECT_FALSE(fs::exists(folder.path() / step_10));
  EXPECT_TRUE(fs::exists(folder.path() / "run/checkpoints/step_5"));
}

TEST_F(RouxCheckpoint, SaysWhereItLooked) {
  EXPECT_THAT(refused({"ls", "elsewhere"}), HasSubstr("elsewhere is not there"));
  fs::create_directories(folder.path() / "empty" / "checkpoints");
  EXPECT_THAT(refused({"ls", "empty"}), HasSubstr("is in empty/checkpoints"));
  EXPECT_THAT(refused({"show", step_10 + "/model.safetensors"}), HasSubstr("is a file"));
}

TEST_F(RouxCheckpoint, ReadsOneThatWasCopiedElsewhere) {
  fs::copy(folder.path() / step_10, folder.path() / "kept", fs::copy_options::recursive);
  EXPECT_THAT(works({"show", "kept"}), HasSubstr("step 10, "));
  EXPECT_THAT(works({"verify", "kept"}), HasSubstr("kept: whole"));
}

}  // namespace
}  // namespace roux
