// lm-train as several processes, which is what a launcher makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "recipes/lm_train_runs.h"
#include "roux/base/error.h"
#include "roux/base/random.h"

namespace roux {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

// A port that nobody uses just now.
int free_port();

class Ranks : public LMTrainRuns {
 protected:
  using Processes = std::vector<std::unique_ptr<Process>>;
  using Variables = std::map<std::string, std::string>;

  // In float32, so that the order of sums is all that differs between layouts.
  static Words exact(Words more = {}) {
    Words words = tiny({"trainer.mixed_precision.mode=off", "samples.prompts=[]",
                        "regime.publish_metrics_every_n_steps=1"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  // `rank_words`: what is added to the words of one rank alone.
  // `working_folders`: of each rank, where they differ.
  Processes start(int ranks, const fs::path& output, const Words& words,
                  const std::map<int, Words>& rank_words = {},
                  const Words& working_folders = {}) const {
    const std::string port = std::to_string(free_port());
    Processes processes;
    for (int rank = 0; rank < ranks; ++rank) {
      Words all = words;
      if (const auto own = rank_words.find(rank); own != rank_words.end()) {
        all.insert(all.end(), own->second.begin(), own->second.end());
      }
      Variables variables{{"OMP_NUM_THREADS", "1"},
                          {"RANK", std::to_string(rank)},
                          {"WORLD_SIZE", std::to_string(ranks)},
                          {"LOCAL_RANK", std::to_string(rank)},
                          {"LOCAL_WORLD_SIZE", std::to_string(ranks)},
                          {"MASTER_ADDR", "127.0.0.1"},
                          {"MASTER_PORT", port}};
      processes.push_back(std::make_unique<Process>(
          command(output, std::move(all)),
          ProcessOptions{
              .environment = variables,
              .working_folder = working_folders.empty()
                                    ? fs::path()
                                    : folder(working_folders.at(static_cast<std::size_t>(rank)))}));
    }
    return processes;
  }

  static std::vector<Finished> wait(Processes processes) {
    std::vector<Finished> finished;
    for (const auto& process : processes) finished.push_back(process->wait());
    return finished;
  }

  // The first that failed says why.
  void run_ranks(int ranks, const fs::path& output, const Words& words) const {
    for (const Finished& each : wait(start(ranks, output, words))) {
      ASSERT_EQ(each.exit_code, 0) << each.err;
    }
  }

  static std::map<std::int64_t, double> losses(const fs::path& output) {
    std::map<std::int64_t, double> losses;
    for (const std::string& line : reports(output)) {
      const auto json = nlohmann::json::parse(line);
      losses[json.at("step").get<std::int64_t>()] = json.at("nll_loss").get<double>();
    }
    return losses;
  }

  static void expect_close(const std::map<std::int64_t, double>& a,
                           const std::map<std::int64_t, double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (const auto& [step, loss] : a) EXPECT_NEAR(loss, b.at(step), 1e-5) << "step " << step;
  }
};

int free_port() {
  // Of a run's own; two tests hardly draw the same.
  static RandomStream random(static_cast<std::uint64_t>(::getpid()), "ports");
  constexpr int kFirst = 20000;
  return kFirst + static_cast<int>(random.uniform_int(10000));
}

TEST_F(Ranks, TakeTheStepsOfOneProcessWithAllTheirBatches) {
  for (const int ranks : {2, 4}) {
    const std::string one = "one_" + std::to_string(ranks);
    const std::string many = "many_" + std::to_string(ranks);
    const Finished alone =
        run(folder(one), exact({"trainer.grad_accumulation.num_batches=" + std::to_string(ranks)}));
    ASSERT_EQ(alone.exit_code, 0) << alone.err;
    run_ranks(ranks, folder(many), exact({"trainer.grad_check=true"}));
    const auto expected = losses(folder(one));
    ASSERT_EQ(expected.size(), 40U);
    expect_close(losses(folder(many)), expected);
  }
}

TEST_F(Ranks, ReportWhatAllOfThemHaveDone) {
  run_ranks(2, folder("a"), exact());
  const Finished alone = run(folder("b"), exact({"trainer.grad_accumulation.num_batches=2"}));
  const auto last = [&](const char* name) {
    return nlohmann::json::parse(reports(folder(name)).back());
  };
  for (const char* name : {"num_tokens", "num_targets", "total_num_tokens", "total_num_targets",
                           "num_examples", "total_model_flops", "data_epoch"}) {
    if (!last("b").contains(name)) continue;
    EXPECT_EQ(last("a").at(name), last("b").at(name)) << name;
  }
  EXPECT_TRUE(fs::exists(folder("a") / "logs" / "rank_1.log"));
}

TEST_F(Ranks, GoOnInAnotherNumber) {
  run_ranks(4, folder("four"), exact({"regime.keep_last_n_checkpoints=none"}));
  const auto expected = losses(folder("four"));
  for (const int ranks : {1, 2}) {
    const fs::path other = folder("on_" + std::to_string(ranks));
    fs::copy(folder("four"), other, fs::copy_options::recursive);
    for (const int step : {24, 32, 40}) {
      fs::remove_all(other / "checkpoints" / ("step_" + std::to_string(step)));
    }
    run_ranks(ranks, other, exact({"regime.keep_last_n_checkpoints=none"}));
    expect_close(losses(other), expected);
  }
  const auto refused = wait(start(3, folder("four"), exact({"regime.num_steps=50"})));
  for (const Finished& each : refused) {
    EXPECT_EQ(each.exit_code, 2);
    EXPECT_THAT(each.err, HasSubstr("3 data ranks cannot share 4 shards (dataset.num_shards), for "
                                    "their number must divide it: 2 or 4 can"));
  }
}

TEST_F(Ranks, GoOnToTheLastBitWhereOneWasKilled) {
  const Words words = exact({"regime.num_steps=120", "regime.checkpoint_every_n_steps=5"});
  run_ranks(2, folder("whole"), words);
  RandomStream random(3, "kills");
  for (int kill = 0; kill < 4; ++kill) {
    Processes processes = start(2, folder("killed"), words);
    std::this_thread::sleep_for(std::chrono::milliseconds(600 + random.uniform_int(500)));
    processes[static_cast<std::size_t>(kill % 2)]->send_signal(SIGKILL);
    std::this_thread::sleep_for(300ms);
    // As a launcher does: had they not met yet, it would wait.
    processes[static_cast<std::size_t>(1 - kill % 2)]->send_signal(SIGKILL);
    wait(std::move(processes));
  }
  run_ranks(2, folder("killed"), words);
  EXPECT_TRUE(weights(folder("killed"), 120) == weights(folder("whole"), 120));
  EXPECT_EQ(reports(folder("killed")), reports(folder("whole")));
}

TEST_F(Ranks, StopAfterTheSameStepWhereOneIsAskedTo) {
  Processes processes = start(2, folder("a"), exact({"regime.num_steps=100000"}));
  processes[0]->wait_for_output("step 4/");
  processes[1]->send_signal(SIGTERM);
  const auto finished = wait(std::move(processes));
  EXPECT_EQ(finished[0].exit_code, 0) << finished[0].err;
  EXPECT_EQ(finished[1].exit_code, 128 + SIGTERM) << finished[1].err;
  EXPECT_THAT(finished[0].err, HasSubstr("another rank was asked to"));
  EXPECT_FALSE(fs::is_empty(folder("a") / "checkpoints"));
}

TEST_F(Ranks, NameTheOneThatHangsAndItsStep) {
  Processes processes =
      start(2, folder("a"), exact({"regime.num_steps=100000", "gang.timeout=\"5s\""}));
  processes[0]->wait_for_output("step 4/");
  std::this_thread::sleep_for(1500ms);  // what a rank does is told each second
  processes[1]->send_signal(SIGSTOP);
  const Finished first = processes[0]->wait();
  processes[1]->send_signal(SIGKILL);
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.err, AllOf(HasSubstr("rank 0 waits for"), HasSubstr("gang.timeout (5 s)"),
                               HasSubstr("rank 1 has not come: in step ")));
}

TEST_F(Ranks, MustHaveOneConfig) {
  const auto finished = wait(start(2, folder("a"), exact(), {{1, {"trainer.max_grad_norm=0.5"}}}));
  for (const Finished& each : finished) {
    EXPECT_EQ(each.exit_code, 2);
    EXPECT_THAT(each.err, AllOf(HasSubstr("the config must be the same on all ranks, but rank 1's"),
                                HasSubstr("max_grad_norm = 0.5")));
  }
}

// As on machines that share no folder.
TEST_F(Ranks, MustWriteIntoOneFolder) {
  fs::create_directories(folder("here"));
  fs::create_directories(folder("there"));
  for (const Finished& each : wait(start(2, "out", exact(), {}, {"here", "there"}))) {
    EXPECT_EQ(each.exit_code, 2);
    EXPECT_THAT(each.err, AllOf(HasSubstr("the output folder must be the same on all ranks, but "
                                          "rank 1's is another: rank 0 has \"process "),
                                HasSubstr("it has \"nobody who holds it\"")));
  }
}

// Whoever waits for the others has no step to end first.
TEST_F(Ranks, EndAtOnceWhileTheyMeet) {
  Processes processes = start(2, folder("a"), exact());
  processes[1]->send_signal(SIGKILL);
  std::this_thread::sleep_for(1s);
  processes[0]->send_signal(SIGTERM);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(processes[0]->wait().exit_code, 128 + SIGTERM);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(Ranks, LeaveItToTheirLauncherToTellWhatAllOfThemFound) {
  const Words words = exact({"regime.num_stepz=3"});
  Words launch = command(folder("a"), words);
  const fs::path roux = fs::path(launch.front()).parent_path() / "roux";
  launch.insert(launch.begin(),
                {roux.string(), "run", "--nproc-per-node", "4", "--max-restarts", "2"});
  for (int i = 0; i < 3; ++i) {
    const Finished finished = run_process(launch);
    EXPECT_EQ(finished.exit_code, 2) << finished.err;
    EXPECT_THAT(finished.err, testing::Not(HasSubstr("restart 1")));
    std::size_t times = 0;
    for (std::size_t at = finished.err.find("num_stepz:"); at != std::string::npos;
         at = finished.err.find("num_stepz:", at + 1)) {
      ++times;
    }
    EXPECT_LE(times, 2U) << finished.err;  // the first rank's, and the launcher's
  }
}

TEST_F(Ranks, MustReadTheSameData) {
  const auto with_text = [&](const char* name, const char* text) {
    fs::create_directories(folder(name) / "data");
    write_file(folder(name) / "data" / "a.jsonl", text);
  };
  with_text("here", "{\"text\": \"one\"}\n");
  with_text("there", "{\"text\": \"another\"}\n{\"text\": \"two\"}\n");
  // One path, and other files below it on each machine: what a relative path is here.
  const Words words =
      exact({"dataset.name=none", "dataset.family=text",
             "dataset.config_overrides.sources=[{path=\"data\"}]", "tokenizer.name=sample"});
  Processes processes = start(2, folder("a"), words, {}, {"here", "there"});
  for (const Finished& each : wait(std::move(processes))) {
    EXPECT_EQ(each.exit_code, 2);
    EXPECT_THAT(each.err,
                HasSubstr("the data must be the same on all ranks, but rank 1's is another"));
  }
}

// As srun sets it: rank, node and tasks, and the first host of a list.
TEST_F(Ranks, AreStartedBySrun) {
  const std::string job = std::to_string(free_port());
  Processes processes;
  for (int rank = 0; rank < 2; ++rank) {
    processes.push_back(std::make_unique<Process>(
        command(folder("a"), exact()),
        ProcessOptions{.environment = {{"OMP_NUM_THREADS", "1"},
                                       {"SLURM_PROCID", std::to_string(rank)},
                                       {"SLURM_LOCALID", std::to_string(rank)},
                                       {"SLURM_NODEID", "0"},
                                       {"SLURM_STEP_NUM_TASKS", "2"},
                                       {"SLURM_STEP_TASKS_PER_NODE", "2"},
                                       {"SLURM_STEP_NODELIST", "localhost"},
                                       {"SLURM_JOB_ID", job}}}));
  }
  for (const Finished& each : wait(std::move(processes))) EXPECT_EQ(each.exit_code, 0) << each.err;
  EXPECT_THAT(read_file(folder("a") / "logs" / "rank_1.log"),
              HasSubstr("rank 1 of 2, started by Slurm"));
}

// The real one, which keeps the store itself, unless it is told not to.
TEST_F(Ranks, AreStartedByTorchrun) {
  const char* given = std::getenv("ROUX_TORCHRUN");
  const fs::path torchrun = given != nullptr ? given : ROUX_PARITY_TORCHRUN;
  if (!fs::exists(torchrun))
    GTEST_SKIP() << "no torchrun at " << torchrun << " (tools/parity --setup)";
  for (const char* own_store : {"0", "1"}) {
    const std::string name = cat("own_store_", own_store);
    Words words = command(folder(name), exact());
    words.insert(words.begin(), {torchrun.string(), "--nproc-per-node=2", "--no-python"});
    const Finished finished =
        run_process(words, {.environment = {{"TORCH_DISABLE_SHARE_RDZV_TCP_STORE", own_store}}});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(losses(folder(name)).size(), 40U);
  }
  // What goes wrong is in its summary.
  Words words = command(folder("wrong"), exact({"trainer.grad_checks=true"}));
  words.insert(words.begin(), {torchrun.string(), "--nproc-per-node=2", "--no-python"});
  const Finished finished = run_process(words);
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("did you mean \"grad_check\"?"));
}

TEST_F(Ranks, AreRefusedByARecipeOfOneProcess) {
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "lm-generate";
  const Finished finished = run_process({program.string(), folder("a").string(), "--config",
                                         "model.name=any", "generator.prompts=[\"a\"]"},
                                        {.environment = {{"RANK", "0"},
                                                         {"WORLD_SIZE", "2"},
                                                         {"MASTER_ADDR", "127.0.0.1"},
                                                         {"MASTER_PORT", "29500"}}});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err,
              HasSubstr("this recipe runs as one process, but torchrun has started 2"));
}

class SlowRanks : public Ranks {
 protected:
  // The processes of this run, but for the launcher's.
  static std::vector<pid_t> ranks_of(const fs::path& output) {
    std::vector<pid_t> ranks;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const auto pid = parse_integer(entry.path().filename().string());
      if (!pid) continue;
      std::ifstream file(entry.path() / "cmdline");
      std::string program;
      std::string folder;
      std::getline(file, program, '\0');
      std::getline(file, folder, '\0');
      if (program.ends_with("/lm-train") && folder == output) {
        ranks.push_back(static_cast<pid_t>(*pid));
      }
    }
    return ranks;
  }
};

TEST_F(SlowRanks, EndWithTheSameWeightsHoweverOftenTheirLauncherRestartsThem) {
  const Words words = exact({"regime.num_steps=1500", "regime.checkpoint_every_n_steps=7"});
  run_ranks(2, folder("whole"), words);

  Words launch = command(folder("killed"), words);
  const fs::path roux = fs::path(launch.front()).parent_path() / "roux";
  launch.insert(launch.begin(),
                {roux.string(), "run", "--nproc-per-node", "2", "--max-restarts", "1000"});
  Process launcher(launch, {.environment = {{"OMP_NUM_THREADS", "1"}}, .timeout = 10min});
  RandomStream random(11, "kills");
  int kills = 0;
  const auto is_over = [&] { return fs::exists(folder("killed") / "checkpoints" / "step_1500"); };
  while (kills < 30 && !is_over()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(700 + random.uniform_int(900)));
    const auto ranks = ranks_of(folder("killed"));
    if (ranks.empty()) continue;
    ::kill(ranks[static_cast<std::size_t>(
               random.uniform_int(static_cast<std::int64_t>(ranks.size())))],
           SIGKILL);
    ++kills;
  }
  const Finished finished = launcher.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_GE(kills, 10);
  EXPECT_TRUE(weights(folder("killed"), 1500) == weights(folder("whole"), 1500));
  EXPECT_EQ(reports(folder("killed")), reports(folder("whole")));
  std::cout << "killed " << kills << " times\n";
}

}  // namespace
}  // namespace roux
