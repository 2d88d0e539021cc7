// `roux run` with real processes: mostly lines of shell in the recipe's place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/program.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// The state of a process as /proc has it, 'Z' if it is gone.
char state_of(int pid) try {
  const std::string stat = read_file(fs::path("/proc") / std::to_string(pid) / "stat");
  return stat.at(stat.rfind(')') + 2);
} catch (const std::exception&) {
  return 'Z';
}

class Run : public ::testing::Test {
 protected:
  // roux run OPTIONS... bash -c SCRIPT. Processes that are to be looked for later write their
  // numbers into $PIDS.
  static Words command(Words options, const std::string& script) {
    Words words = {DriverWorld::driver().string(), "run"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"/bin/bash", "-c", script});
    return words;
  }

  ProcessOptions environment() const {
    return {.environment = {{"PIDS", (folder.path() / "pids").string()},
                            {"HERE", folder.path().string()}}};
  }

  Finished run(Words options, const std::string& script) const {
    return run_process(command(std::move(options), script), environment());
  }

  // Lines, in alphabetical order: ranks print when they come to it.
  static Words lines(const std::string& text) {
    Words all = split(text, '\n');
    all.pop_back();
    std::ranges::sort(all);
    return all;
  }

  std::vector<int> pids() const {
    std::vector<int> all;
    for (const auto& line : split(read_file(folder.path() / "pids"), '\n')) {
      if (const auto pid = parse_integer(line)) all.push_back(static_cast<int>(*pid));
    }
    return all;
  }

  // Waits until so many have written their numbers.
  void wait_for_pids(std::size_t count) const {
    for (int i = 0; i < 2000; ++i) {
      if (fs::exists(folder.path() / "pids") && pids().size() >= count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "only " << pids().size() << " of " << count << " processes came";
  }

  // Whether, within a few seconds, all of them are gone.
  bool are_gone() const {
    for (int i = 0; i < 500; ++i) {
      if (std::ranges::all_of(pids(), [](int pid) { return state_of(pid) == 'Z'; })) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (const int pid : pids()) kill(pid, SIGKILL);
    return false;
  }

  TemporaryFolder folder;
};

// ---- Starting ----

TEST_F(Run, SetsTheVariablesThatTorchrunSets) {
  const Finished finished =
      run({"--nproc-per-node", "2", "--max-restarts", "3"},
          "echo $RANK $LOCAL_RANK $WORLD_SIZE $LOCAL_WORLD_SIZE $GROUP_RANK $GROUP_WORLD_SIZE "
          "$MASTER_ADDR $TORCHELASTIC_USE_AGENT_STORE $TORCHELASTIC_RESTART_COUNT "
          "$TORCHELASTIC_MAX_RESTARTS; [ -n $TORCHELASTIC_RUN_ID ] && [ $MASTER_PORT -gt 0 ] && "
          "[ $OMP_NUM_THREADS -gt 0 ] && touch $TORCHELASTIC_ERROR_FILE");

  EXPECT_THAT(lines(finished.out), UnorderedElementsAre("[rank 0] 0 0 2 2 0 1 127.0.0.1 True 0 3",
                                                        "[rank 1] 1 1 2 2 0 1 127.0.0.1 True 0 3"));
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.exit_code, 0);
}

TEST_F(Run, StartsOneProcessUnlessAskedForMore) {
  const Finished finished =
      run_process(command({}, "echo $RANK of $WORLD_SIZE; echo error >&2; exit 0"),
                  {.environment = {{"CUDA_VISIBLE_DEVICES", ""}}});

  EXPECT_EQ(finished.out, "0 of 1\n") << "there is nobody to tell apart";
  EXPECT_EQ(finished.err, "error\n");
}

TEST_F(Run, StartsOneForEachCore) {
  const Finished finished = run({"--nproc-per-node", "cpu"}, "echo of $WORLD_SIZE");

  EXPECT_THAT(finished.out,
              HasSubstr(cat("of ", run_process({"env", "-u", "OMP_NUM_THREADS", "nproc"}).out)));
}

TEST_F(Run, HostsAStoreThatOutlivesRank0) {
  const std::string program = (executable_path().parent_path() / "store-rank").string();

  const Finished finished = run_process(
      {DriverWorld::driver().string(), "run", "--nproc-per-node", "3", program}, environment());

  EXPECT_EQ(lines(finished.out),
            Words({"[rank 1] met without rank 0", "[rank 2] met without rank 0"}))
      << finished.err;
  EXPECT_EQ(finished.exit_code, 0);
}

TEST_F(Run, DoesNotMeetAnotherRunOnTheMachine) {
  const std::string program = (executable_path().parent_path() / "store-rank").string();
  const Words words = {DriverWorld::driver().string(), "run", "--nproc-per-node", "2", program};
  Process first(words);
  Process second(words);

  EXPECT_EQ(first.wait().out, "[rank 1] met without rank 0\n");
  EXPECT_EQ(second.wait().out, "[rank 1] met without rank 0\n");
}

TEST(RunRecipe, FindsItAsTheDriverDoesAndHandsItItsWords) {
  const DriverWorld world;

  EXPECT_EQ(world.roux({"run", "--nproc-per-node=1", "mi/train", "out", "--help", "--", "-x"}).out,
            "mi-train: out --help -- -x\n");
  EXPECT_EQ(world.roux({"run", "--nproc-per-node=1", "./prefix/bin/mi-train", "--nnodes", "7"}).out,
            "mi-train: --nnodes 7\n");
  const Finished wrong = world.roux({"run", "mi/trian"});
  EXPECT_THAT(wrong.err, StartsWith("roux: there is no recipe \"mi/trian\" (did you mean "
                                    "\"mi/train\"?)\nlooked in "));
  EXPECT_THAT(wrong.err, HasSubstr((world.prefix() / "share/roux/recipes").string()));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(world.roux({"run", "mi/train/tiny"}).err, HasSubstr("is a preset; its recipe is"));
  EXPECT_EQ(world.roux({"run", "examples/line", "--version"}).exit_code, 0)
      << "the recipes beside the driver are found too";
}

TEST(RunRecipe, SaysSoIfItsProgramCannotBeRun) {
  const DriverWorld world;
  world.write("broken",
              "\x7f"
              "ELF nothing\n");
  fs::permissions(world.folder() / "broken", fs::perms::owner_all);

  const Finished finished = world.roux({"run", "./broken"});

  EXPECT_EQ(finished.err, "roux: cannot run \"./broken\": Exec format error\n");
  EXPECT_EQ(finished.exit_code, 1);
}

TEST(RunRecipe, IsExplainedByTheDriverAndByItselfAlike) {
  const DriverWorld world;
  const std::string page = world.roux({"run", "--help"}).out;

  EXPECT_THAT(page, StartsWith("usage: roux run [OPTION ...] RECIPE [ARGUMENT ...]\n\n"));
  EXPECT_EQ(world.roux({"help", "run"}).out, page);
}

TEST(RunRecipe, RefusesWhatItCannotDo) {
  const DriverWorld world;
  const auto refused = [&](Words words) {
    words.insert(words.begin(), "run");
    words.emplace_back("mi/train");
    const Finished finished = world.roux(std::move(words));
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.out, "");
    return finished.err;
  };

  for (const char* processes : {"0", "-1", "2x", "", "1025", "GPU"}) {
    EXPECT_EQ(refused({"--nproc-per-node", processes}),
              cat("roux: run: --nproc-per-node must be gpu, cpu, or a whole number from 1 to 1024, "
                  "but is \"",
                  processes, "\"\n"));
  }
  EXPECT_EQ(refused({"--nnodes", "0"}),
            "roux: --nnodes must be a whole number from 1 to 65536, but is \"0\"\n");
  EXPECT_EQ(refused({"--nnodes", "2"}),
            "roux: run: --nnodes 2 needs --node-rank R, another on each node\n");
  EXPECT_EQ(refused({"--nnodes", "2", "--node-rank", "1"}),
            "roux: run: --nnodes 2 needs --rdzv-endpoint HOST:PORT, which is node 0's\n");
  EXPECT_EQ(refused({"--nnodes", "2", "--node-rank", "2", "--rdzv-endpoint", "a:1"}),
            "roux: --node-rank must be a whole number from 0 to 1, but is \"2\"\n");
  EXPECT_EQ(refused({"--node-rank", "0"}),
            "roux: run: --node-rank is for several nodes: --nnodes must be given too\n");
  EXPECT_EQ(refused({"--rdzv-endpoint", "a:1"}),
            "roux: run: --rdzv-endpoint is for several nodes: --nnodes must be given too\n");
  for (const char* place :
       {"host", "host:", ":1", "host:0", "host:65536", "host:1x", "::1:29500"}) {
    EXPECT_EQ(refused({"--nnodes", "1", "--rdzv-endpoint", place}),
              cat("roux: run: --rdzv-endpoint must be HOST:PORT, with a port from 1 to 65535, but "
                  "is \"",
                  place, "\"\n"));
  }
  EXPECT_EQ(refused({"--rdzv-timeout", "15"}),
            "roux: run: --rdzv-timeout must be a time such as 30s or 15min, but is \"15\"\n");
  EXPECT_EQ(refused({"--max-restarts", "-1"}),
            "roux: --max-restarts must be a whole number from 0 to 1000000, but is \"-1\"\n");
  EXPECT_EQ(refused({"--log-dir", ""}), "roux: run: --log-dir must name a folder\n");
  EXPECT_EQ(refused({"--nproc", "2"}),
            "roux: run has no option --nproc (did you mean \"--nproc-per-node\"?)\n");
  EXPECT_EQ(world.roux({"run"}).err, "roux: run needs RECIPE (roux run --help says more)\n");
  const Finished no_gpu =
      world.bash("CUDA_VISIBLE_DEVICES= roux run --nproc-per-node gpu mi/train");
  EXPECT_EQ(no_gpu.err,
            "roux: run: --nproc-per-node gpu needs a GPU, but this machine shows none\n");
  EXPECT_EQ(no_gpu.exit_code, 2);
}

// ---- Output ----

TEST_F(Run, SaysWhichRankSaidWhat) {
  const Finished finished = run({"--nproc-per-node", "11"},
                                "[ $RANK = 3 ] && echo out; [ $RANK = 10 ] && echo err >&2; :");

  EXPECT_EQ(finished.out, "[rank  3] out\n");
  EXPECT_EQ(finished.err, "[rank 10] err\n");
}

TEST_F(Run, ShowsALineThatDoesNotEnd) {
  Process process(command({"--nproc-per-node", "2"},
                          "[ $RANK = 1 ] && printf 'loading...' && sleep 1000; sleep 1000"));

  process.wait_for_output("[rank 1] loading...");
  process.send_signal(SIGTERM);
  EXPECT_EQ(process.wait().exit_code, 128 + SIGTERM);
}

TEST_F(Run, PassesOnMuchAndAnyBytes) {
  const Finished finished =
      run({"--nproc-per-node", "2"}, "head -c 5000000 /dev/zero; echo; printf '\\xff\\x00\\n' >&2");

  EXPECT_EQ(std::ranges::count(finished.out, '\0'), 10'000'000);
  EXPECT_THAT(lines(finished.err), Each(StartsWith("[rank ")));
  EXPECT_EQ(lines(finished.err)[0], std::string("[rank 0] \xff\0", 11));
}

TEST_F(Run, ObeysThoughNobodyReadsItsOutput) {
  Process process(command({"--nproc-per-node", "2"}, "echo $$ >> $PIDS; exec yes"), environment());
  wait_for_pids(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // pipes and buffers are full

  process.send_signal(SIGTERM);

  EXPECT_TRUE(are_gone());
}

TEST_F(Run, GoesOnWithoutItsReader) {
  const Finished finished = run_process(
      {"bash", "-c",
       cat("set -o pipefail; ", DriverWorld::driver().string(),
           " run --nproc-per-node 2 /bin/bash -c 'for i in {1..20}; do echo $i; sleep 0.01; done; "
           "touch $HERE/done_$RANK' | head -n 1")},
      environment());

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(fs::exists(folder.path() / "done_0") && fs::exists(folder.path() / "done_1"));
}

TEST_F(Run, KeepsOutputInFiles) {
  const std::string logs = (folder.path() / "logs").string();

  const Finished finished = run({"--nproc-per-node", "3", "--log-dir", logs},
                                "echo out $RANK; echo err $RANK >&2; [ $RANK != 2 ] || exit 9");

  EXPECT_EQ(finished.exit_code, 9);
  EXPECT_EQ(finished.out, "out 0\n");
  EXPECT_THAT(
      finished.err,
      AllOf(HasSubstr(cat("roux: the output of each rank is kept in ", logs, "/attempt_0\n")),
            HasSubstr("err 0\n"), Not(HasSubstr("err 1")),
            HasSubstr("roux: rank 2 failed: exited with code 9:\nerr 2\n"),
            HasSubstr(logs + "/attempt_0/rank_2.out, rank_2.err")));
  for (const std::string rank : {"0", "1", "2"}) {
    EXPECT_EQ(read_file(folder.path() / "logs/attempt_0" / cat("rank_", rank, ".out")),
              cat("out ", rank, "\n"));
    EXPECT_EQ(read_file(folder.path() / "logs/attempt_0" / cat("rank_", rank, ".err")),
              cat("err ", rank, "\n"));
  }
}

TEST_F(Run, LosesNoFormerOutputWhereTheCommandIsRunAgain) {
  const Words options = {"--nproc-per-node", "2", "--log-dir", (folder.path() / "logs").string()};

  run(options, "echo first >&2");
  const Finished again = run(options, "[ $RANK = 0 ] || exit 1");

  EXPECT_EQ(read_file(folder.path() / "logs/attempt_0/rank_1.err"), "first\n");
  EXPECT_THAT(again.err, Not(HasSubstr("first"))) << "that was not said by the rank that failed";
}

// ---- Failing ----

TEST_F(Run, StopsAllOnceOneFailsAndShowsWhatItSaid) {
  const Finished finished =
      run({"--nproc-per-node", "3"},
          "echo $$ >> $PIDS; if [ $RANK = 1 ]; then "
          "for i in {1..30}; do echo line $i >&2; done; exit 5; fi; sleep 1000");

  EXPECT_EQ(finished.exit_code, 5);
  std::string last;
  for (int i = 11; i <= 30; ++i) last += cat("line ", i, "\n");
  EXPECT_THAT(finished.err, HasSubstr("roux: rank 1 failed: exited with code 5:\n" + last));
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, ShowsTheFirstErrorAndNoConsequence) {
  const Finished finished = run({"--nproc-per-node", "3"}, R"(
write() { echo "{\"message\": {\"message\": \"$1\", \"extraInfo\": {\"py_callstack\": \"\",
  \"timestamp\": \"$2\", \"consequence\": $3}}}" > $TORCHELASTIC_ERROR_FILE; }
case $RANK in
  0) until [ -e $HERE/written ]; do sleep 0.01; done; write "rank 2 is gone" $(($(date +%s) - 5)).5 true; exit 1 ;;
  1) sleep 0.3; write "later" $(date +%s.%N) false; exit 1 ;;
  2) trap '' TERM; write "the data ends here" $(date +%s.%N) false; touch $HERE/written; sleep 0.6; exit 6 ;;
esac)");

  EXPECT_THAT(finished.err,
              HasSubstr("roux: rank 2 failed: exited with code 6:\nthe data ends here\n"));
  EXPECT_THAT(finished.err, Not(HasSubstr("is gone")));
  EXPECT_EQ(finished.exit_code, 6);
}

TEST_F(Run, ShowsTheFirstErrorAlsoOfARankThatEndsLast) {
  const Finished finished = run({"--nproc-per-node", "2"}, R"(
case $RANK in
  0) until [ -e $HERE/written ]; do sleep 0.01; done; exit 7 ;;
  1) echo '{"message": "no more data"}' > $TORCHELASTIC_ERROR_FILE; touch $HERE/written; sleep 1000 ;;
esac)");

  EXPECT_EQ(finished.err,
            "roux: rank 1 failed: told of an error, and was ended by SIGTERM:\nno more data\n");
  EXPECT_EQ(finished.exit_code, 1);
}

TEST_F(Run, NamesTheSignalThatEndedARank) {
  const Finished finished =
      run({"--nproc-per-node", "2"}, "[ $RANK = 0 ] && kill -SEGV $$; sleep 1000");

  EXPECT_EQ(finished.exit_code, 128 + SIGSEGV);
  EXPECT_THAT(finished.err, HasSubstr("rank 0 failed: was ended by SIGSEGV (Segmentation fault)"));
}

TEST_F(Run, KillsWhoDoesNotEndWithinTheGrace) {
  const auto begin = std::chrono::steady_clock::now();
  const Finished finished =
      run({"--nproc-per-node", "2", "--grace", "300ms"},
          "echo $$ >> $PIDS; if [ $RANK = 0 ]; then trap 'echo asked' TERM; touch $HERE/deaf; "
          "while :; do sleep 0.01; done; fi; until [ -e $HERE/deaf ]; do sleep 0.01; done; exit 3");

  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.out, "[rank 0] asked\n");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(300));
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, StartsAgainAfterAFailure) {
  const Finished finished =
      run({"--nproc-per-node", "2", "--max-restarts", "3"},
          "echo attempt $TORCHELASTIC_RESTART_COUNT; "
          "[ $TORCHELASTIC_RESTART_COUNT = 2 ] || { [ $RANK = 1 ] && exit 4; sleep 1000; }");

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.err, HasSubstr("rank 1 failed: exited with code 4\nroux: restart 1 of 3\n"));
  EXPECT_THAT(finished.err, HasSubstr("roux: restart 2 of 3\n"));
  EXPECT_THAT(finished.err, Not(HasSubstr("restart 3")));
  EXPECT_THAT(lines(finished.out), IsSupersetOf({"[rank 0] attempt 2", "[rank 1] attempt 2"}));
}

TEST_F(Run, GivesUpOnceTheRestartsAreUsedUp) {
  const Finished finished =
      run({"--max-restarts", "1"}, "echo $TORCHELASTIC_RESTART_COUNT; exit 4");

  EXPECT_EQ(finished.out, "0\n1\n");
  EXPECT_EQ(finished.exit_code, 4);
}

TEST_F(Run, DoesNotRepeatAMistakeOfTheUsers) {
  const Finished finished = run({"--max-restarts", "3"}, "echo once; exit 2");

  EXPECT_EQ(finished.out, "once\n");
  EXPECT_EQ(finished.exit_code, 2);
}

// ---- Signals ----

// Counts the signals that each rank gets, and ends a moment after the first, as a recipe ends after
// its step; at once after the second.
constexpr const char* kCounts = R"(
echo $$ >> $PIDS
count=0
take() { count=$((count + 1)); echo $1 >> $HERE/signals_$RANK; [ $count = 1 ] || exit $((128 + $2)); last=$2; }
trap 'take INT 2' INT; trap 'take TERM 15' TERM; trap 'take USR1 10' USR1
echo ready
while [ $count = 0 ]; do sleep 0.02; done
i=0; while [ $i -lt ${STEPS:-15} ]; do sleep 0.02; i=$((i + 1)); done
exit $((128 + last)))";

TEST_F(Run, HandsOnASignalOnceAndDoesNotStartAgain) {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    fs::remove_all(folder.path() / "signals_0");
    fs::remove_all(folder.path() / "signals_1");
    Process process(command({"--nproc-per-node", "2", "--max-restarts", "3"}, kCounts),
                    environment());
    process.wait_for_output("[rank 0] ready");
    process.wait_for_output("[rank 1] ready");

    process.send_signal(signal);

    const Finished finished = process.wait();
    EXPECT_EQ(finished.exit_code, 128 + signal);
    EXPECT_EQ(finished.err, "") << "a stop that was asked for is no failure";
    const std::string name = cat(sigabbrev_np(signal), "\n");
    EXPECT_EQ(read_file(folder.path() / "signals_0"), name);
    EXPECT_EQ(read_file(folder.path() / "signals_1"), name);
  }
}

TEST_F(Run, HandsOnASecondSignal) {
  ProcessOptions options = environment();
  options.environment["STEPS"] = "100000";
  Process process(command({"--nproc-per-node", "2"}, kCounts), options);
  process.wait_for_output("[rank 0] ready");
  process.wait_for_output("[rank 1] ready");

  process.send_signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  process.send_signal(SIGTERM);

  EXPECT_EQ(process.wait().exit_code, 128 + SIGTERM);
  EXPECT_EQ(read_file(folder.path() / "signals_0"), "TERM\nTERM\n");
}

TEST_F(Run, ReachesWhatARankHasStartedAsATerminalWouldAndABatchSystemWouldNot) {
  for (const int signal : {SIGINT, SIGTERM}) {
    fs::remove(folder.path() / "end");
    Process process(command({},
                            "trap 'echo rank' INT TERM; bash -c \"trap 'echo child' INT TERM; "
                            "echo ready; until [ -e $HERE/end ]; do sleep 0.02; done; exit 0\""),
                    environment());
    process.wait_for_output("ready");

    process.send_signal(signal);
    if (signal == SIGINT) process.wait_for_output("child");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    write_file(folder.path() / "end", "");

    EXPECT_EQ(process.wait().out, signal == SIGINT ? "ready\nchild\nrank\n" : "ready\nrank\n");
  }
}

TEST_F(Run, OutlivesItsTerminalUnderNohup) {
  Words words = command({"--nproc-per-node", "2", "--max-restarts", "1"},
                        "echo ready; until [ -e $HERE/end ]; do sleep 0.02; done; "
                        "exit $((1 - TORCHELASTIC_RESTART_COUNT))");
  words.insert(words.begin(), {"bash", "-c", "trap '' HUP; exec \"$@\"", "bash"});
  Process process(words, environment());
  process.wait_for_output("[rank 0] ready");
  process.wait_for_output("[rank 1] ready");

  process.send_signal(SIGHUP);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  write_file(folder.path() / "end", "");

  EXPECT_EQ(process.wait().exit_code, 0) << "nobody asked for a stop: it was started again";
}

TEST_F(Run, KillsAfterAThirdSignal) {
  Process process(
      command({"--nproc-per-node", "2"},
              "echo $$ >> $PIDS; trap '' INT TERM; echo ready; while :; do sleep 1; done"),
      environment());
  process.wait_for_output("[rank 0] ready");
  process.wait_for_output("[rank 1] ready");

  for (int i = 0; i < 3; ++i) {
    process.send_signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

  EXPECT_EQ(process.wait().exit_code, 128 + SIGTERM);
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, LetsARankThatWasStoppedBySomebodyElseEndTheRun) {
  const Finished finished = run({"--nproc-per-node", "2", "--max-restarts", "3", "--grace", "1ms"},
                                "[ $RANK = 0 ] && exit 143; sleep 0.5; echo saved; exit 143");

  EXPECT_EQ(finished.out, "[rank 1] saved\n") << "who saves is not disturbed";
  EXPECT_EQ(finished.exit_code, 143);
}

TEST_F(Run, StopsTheOthersWhereOneCrashesWhileItStops) {
  Process process(
      command({"--nproc-per-node", "2", "--max-restarts", "3"},
              "trap 'if [ $RANK = 0 ]; then echo bad >&2; exit 1; fi; while :; do sleep "
              "0.1; done' USR1; echo ready; while :; do sleep 0.02; done"),
      environment());
  process.wait_for_output("[rank 0] ready");
  process.wait_for_output("[rank 1] ready");

  process.send_signal(SIGUSR1);

  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("rank 0 failed: exited with code 1:\nbad"));
  EXPECT_THAT(finished.err, Not(HasSubstr("restart")));
}

TEST_F(Run, StopsAndGoesOnWithItsRanks) {
  Process process(
      command({"--nproc-per-node", "2"}, "echo $$ >> $PIDS; echo ready; exec sleep 1000"),
      environment());
  process.wait_for_output("[rank 0] ready");
  process.wait_for_output("[rank 1] ready");
  const auto are_in = [&](std::string_view states) {
    for (int i = 0; i < 300; ++i) {
      const auto all = pids();
      if (std::ranges::all_of(all,
                              [&](int pid) { return states.find(state_of(pid)) != states.npos; }))
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  };

  process.send_signal(SIGTSTP);
  EXPECT_TRUE(are_in("T"));
  process.send_signal(SIGCONT);
  EXPECT_TRUE(are_in("SR"));
  process.send_signal(SIGTERM);
  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 128 + SIGTERM);
  EXPECT_EQ(finished.err, "") << "a program that knows no signals stops too, and has not failed";
}

// A program on a terminal of its own.
class OnTerminal {
 public:
  explicit OnTerminal(Words words, const fs::path& folder) {
    pid_ = forkpty(&screen_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      setenv("HERE", folder.c_str(), 1);
      setenv("PIDS", (folder / "pids").c_str(), 1);
      setenv("TERM", "xterm", 1);
      unsetenv("NO_COLOR");
      std::vector<char*> pointers;
      for (auto& word : words) pointers.push_back(word.data());
      pointers.push_back(nullptr);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
  }
  ~OnTerminal() {
    close(screen_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  void wait_for(std::string_view text) {
    while (shown_.find(text) == std::string::npos) ASSERT_TRUE(read_some()) << shown_;
  }
  void type(std::string_view keys) { ASSERT_EQ(write(screen_, keys.data(), keys.size()), 1); }
  int wait() {
    while (read_some()) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& shown() const { return shown_; }
  pid_t pid() const { return pid_; }

 private:
  bool read_some() {
    std::array<char, 4096> buffer{};
    const ssize_t count = read(screen_, buffer.data(), buffer.size());
    if (count > 0) shown_.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  int screen_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
};

TEST_F(Run, TellsRanksApartByColorOnATerminalAndHandsOnCtrlCOnce) {
  OnTerminal terminal(
      command({"--nproc-per-node", "2"}, cat("echo $PPID > $HERE/launcher", kCounts)),
      folder.path());
  terminal.wait_for("[rank 0]\x1b[0m ready");
  terminal.wait_for("[rank 1]\x1b[0m ready");

  // Twice the same signal may be seen as one: what makes sure of it is the process group.
  const auto launcher = parse_integer(trim(read_file(folder.path() / "launcher")));
  EXPECT_NE(getpgid(static_cast<pid_t>(launcher.value_or(0))), getpgid(terminal.pid()));
  terminal.type("\x03");

  EXPECT_EQ(terminal.wait(), 128 + SIGINT);
  EXPECT_EQ(read_file(folder.path() / "signals_0"), "INT\n");
  EXPECT_EQ(read_file(folder.path() / "signals_1"), "INT\n");
}

TEST_F(Run, LeavesTheTerminalToASingleProcess) {
  OnTerminal terminal(command({"--nproc-per-node", "1"}, "[ -t 1 ] && [ -t 2 ] && echo yes"),
                      folder.path());

  EXPECT_EQ(terminal.wait(), 0);
  EXPECT_EQ(terminal.shown(), "yes\r\n");
}

// ---- Leaving nothing behind ----

// A rank with children that can be found in its process group, and such that can't.
constexpr const char* kFamily = R"(
echo $$ >> $PIDS
sleep 1000 & echo $! >> $PIDS
setsid bash -c 'echo $$ >> $PIDS; setsid sleep 1000 & echo $! >> $PIDS; wait' &
(setsid sleep 1000 & echo $! >> $PIDS)
)";

TEST_F(Run, LeavesNothingBehindWhenItEnds) {
  const Finished finished =
      run({"--nproc-per-node", "2"},
          cat(kFamily, "until [ $(wc -l < $PIDS) = 10 ]; do sleep 0.01; done"));

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(pids().size(), 10U);
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, LeavesNothingOfAnAttemptForTheNext) {
  const Finished finished = run({"--nproc-per-node", "1", "--max-restarts", "1"},
                                "if [ $TORCHELASTIC_RESTART_COUNT = 0 ]; then "
                                "setsid bash -c 'echo $$ > $HERE/child; sleep 1000' & "
                                "until [ -s $HERE/child ]; do sleep 0.01; done; exit 1; fi; "
                                "kill -0 $(cat $HERE/child) || echo gone");

  EXPECT_EQ(finished.out, "gone\n");
}

TEST_F(Run, LeavesNothingBehindWhenItIsKilled) {
  Process process(
      command({"--nproc-per-node", "2"}, cat(kFamily, "echo $PPID > $HERE/launcher; wait")),
      environment());
  wait_for_pids(10);

  process.send_signal(SIGKILL);

  EXPECT_EQ(process.wait().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, LeavesNothingBehindWhenWhatItStartedIsKilled) {
  Process process(
      command({"--nproc-per-node", "2"}, cat(kFamily, "echo $PPID > $HERE/launcher; wait")),
      environment());
  wait_for_pids(10);
  const auto launcher = parse_integer(trim(read_file(folder.path() / "launcher")));
  ASSERT_TRUE(launcher);

  kill(static_cast<pid_t>(*launcher), SIGKILL);

  const Finished finished = process.wait();
  EXPECT_EQ(finished.exit_code, 128 + SIGKILL);
  EXPECT_EQ(finished.err,
            "roux: the launcher was killed (SIGKILL), and all it had started with it\n");
  EXPECT_TRUE(are_gone());
}

TEST_F(Run, LeavesNoRankBehindWhereAllOfItIsKilledAtOnce) {
  Process process(
      command({"--nproc-per-node", "2"},
              "echo $$ >> $PIDS; echo $PPID > $HERE/launcher; while :; do sleep 1; done"),
      environment());
  wait_for_pids(2);
  const auto launcher = parse_integer(trim(read_file(folder.path() / "launcher")));
  ASSERT_TRUE(launcher);

  process.send_signal(SIGSTOP);  // so that the one can't clean up behind the other
  kill(static_cast<pid_t>(*launcher), SIGKILL);

  EXPECT_TRUE(are_gone());
  process.send_signal(SIGKILL);
}

TEST_F(Run, LeavesNoFilesBehind) {
  const auto run_in = [&](const std::string& script) {
    ProcessOptions options = environment();
    options.environment["TMPDIR"] = (folder.path() / "tmp").string();
    fs::create_directories(folder.path() / "tmp");
    return std::make_unique<Process>(command({"--nproc-per-node", "2"}, script), options);
  };

  run_in("echo x > $TORCHELASTIC_ERROR_FILE")->wait();
  EXPECT_TRUE(fs::is_empty(folder.path() / "tmp"));

  auto killed = run_in("echo x > $TORCHELASTIC_ERROR_FILE; echo $$ >> $PIDS; sleep 1000");
  wait_for_pids(2);
  killed->send_signal(SIGKILL);
  EXPECT_TRUE(are_gone());
  for (int i = 0; i < 300 && !fs::is_empty(folder.path() / "tmp"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(fs::is_empty(folder.path() / "tmp"));
}

}  // namespace
}  // namespace roux
