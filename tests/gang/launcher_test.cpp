// What a launcher is made of, without processes. `roux run` itself: tests/integration/run_test.cpp.
#include "roux/gang/launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string>

#include "gang/launcher/failure.h"
#include "gang/launcher/job.h"
#include "gang/launcher/line_mixer.h"
#include "gang/launcher/network.h"
#include "gang/launcher/slow_writer.h"
#include "gang/launcher/verdict.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux::launcher {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Pair;

namespace fs = std::filesystem;

// ---- The environment of a rank ----

// The second of two nodes with 3 and 2 processes.
Job second_node() {
  return {.node_rank = 1,
          .nodes = 2,
          .first_rank = 3,
          .local_size = 2,
          .world_size = 5,
          .host = "first",
          .port = 29500,
          .run_id = "abc",
          .max_restarts = 4,
          .sizes = {3, 2}};
}

TEST(RankVariables, AreThoseThatTorchrunSets) {
  const auto variables = rank_variables(second_node(), 1, 2, 8, "/tmp/error", {{"HOME", "/h"}});

  EXPECT_THAT(
      variables,
      IsSupersetOf({Pair("RANK", "4"), Pair("LOCAL_RANK", "1"), Pair("WORLD_SIZE", "5"),
                    Pair("LOCAL_WORLD_SIZE", "2"), Pair("GROUP_RANK", "1"),
                    Pair("GROUP_WORLD_SIZE", "2"), Pair("MASTER_ADDR", "first"),
                    Pair("MASTER_PORT", "29500"), Pair("TORCHELASTIC_USE_AGENT_STORE", "True"),
                    Pair("TORCHELASTIC_RESTART_COUNT", "2"), Pair("TORCHELASTIC_MAX_RESTARTS", "4"),
                    Pair("TORCHELASTIC_RUN_ID", "abc"),
                    Pair("TORCHELASTIC_ERROR_FILE", "/tmp/error"), Pair("HOME", "/h")}));
}

TEST(RankVariables, AreWhatARankUnderstands) {
  const auto variables = rank_variables(second_node(), 1, 2, 8, "", {});

  const World world = find_world([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found != variables.end() ? std::optional(found->second) : std::nullopt;
  });

  EXPECT_EQ(world.rank, 4);
  EXPECT_EQ(world.size, 5);
  EXPECT_EQ(world.local_rank, 1);
  EXPECT_EQ(world.local_size, 2);
  EXPECT_TRUE(world.has_store);
  EXPECT_EQ(world.restart, 2);
}

TEST(RankVariables, ShareTheCoresOutUnlessTheUserDid) {
  const auto threads = [](int processes, int cores, const Variables& environment) {
    const Job job{.local_size = processes, .world_size = processes};
    const auto variables = rank_variables(job, 0, 0, cores, "", environment);
    const auto found = variables.find("OMP_NUM_THREADS");
    return found != variables.end() ? found->second : "unset";
  };

  EXPECT_EQ(threads(2, 8, {}), "4");
  EXPECT_EQ(threads(3, 8, {}), "2");
  EXPECT_EQ(threads(9, 8, {}), "1");
  EXPECT_EQ(threads(2, 8, {{"OMP_NUM_THREADS", "7"}}), "7");
  EXPECT_EQ(threads(1, 8, {}), "unset") << "one process runs as it would without a launcher";
}

// ---- Lines ----

TEST(LineMixer, SaysWhoseEachLineIs) {
  LineMixer mixer({"[0] ", "[1] "});
  std::string out;

  mixer.take(0, "a\nb\nc", out);
  mixer.take(1, "x\n", out);
  mixer.take(0, "d\n", out);

  EXPECT_EQ(out, "[0] a\n[0] b\n[1] x\n[0] cd\n");
  EXPECT_FALSE(mixer.holds_back());
}

TEST(LineMixer, GoesOnWithALineThatWasShownUnended) {
  LineMixer mixer({"[0] ", "[1] "});
  std::string out;

  mixer.take(0, "wait", out);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(mixer.holds_back());
  mixer.flush(out);
  mixer.take(0, "ing\n", out);
  mixer.take(0, "again", out);
  mixer.flush(out);
  mixer.take(1, "x\n", out);
  mixer.take(0, "st\n", out);

  EXPECT_EQ(out, "[0] waiting\n[0] again\n[1] x\n[0] st\n");
}

TEST(LineMixer, PassesBytesOnAsTheyAre) {
  LineMixer mixer({""});
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  std::string out;

  mixer.take(0, bytes, out);
  mixer.flush(out);

  EXPECT_EQ(out, bytes);
}

TEST(LineMixer, DoesNotHoldBackWhatNeverEnds) {
  LineMixer mixer({""});
  std::string out;

  mixer.take(0, std::string(100'000, 'a'), out);

  EXPECT_EQ(out.size(), 100'000U);
}

TEST(SlowWriter, TakesMoreThanAReaderReads) {
  signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  std::string read_back;
  {
    SlowWriter writer(ends[1]);
    writer.write(std::string(6 << 20, 'a'));  // a pipe holds 64 KiB
    EXPECT_TRUE(writer.is_full());
    std::array<char, 65536> buffer{};
    while (read_back.size() < (6 << 20)) {
      const ssize_t count = read(ends[0], buffer.data(), buffer.size());
      ASSERT_GT(count, 0);
      read_back.append(buffer.data(), static_cast<std::size_t>(count));
    }
    close(ends[0]);
    writer.write("for nobody");
    writer.write("else");
  }
  close(ends[1]);
  EXPECT_EQ(read_back, std::string(6 << 20, 'a'));
}

// ---- What went wrong ----

class ErrorFiles : public ::testing::Test {
 protected:
  std::optional<ErrorFile> read(std::string_view text) const {
    write_file(file, text);
    return read_error_file(file);
  }

  double modified() const {
    struct stat status = {};
    stat(file.c_str(), &status);
    return static_cast<double>(status.st_mtim.tv_sec);
  }

  TemporaryFolder folder;
  fs::path file = folder.path() / "error.json";
};

TEST_F(ErrorFiles, AreReadAsTorchelasticWritesThem) {
  const auto error = read(
      R"({"message": {"message": "ValueError: no", "extraInfo": {"py_callstack": "Traceback\nValueError: no", "timestamp": "1700000000"}}})");

  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "Traceback\nValueError: no");
  EXPECT_FALSE(error->consequence);
  EXPECT_NEAR(error->time, modified(), 2.0) << "whole seconds are too coarse";
}

TEST_F(ErrorFiles, TellWhenAndWhetherAnotherWasGone) {
  const auto error = read(
      R"({"message": {"message": "gone", "extraInfo": {"py_callstack": "", "timestamp": "1700000000.25", "consequence": true, "exit_code": 2}}})");

  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "gone");
  EXPECT_TRUE(error->consequence);
  EXPECT_EQ(error->exit_code, 2);
  EXPECT_EQ(error->time, 1700000000.25);
}

TEST_F(ErrorFiles, MayHoldABareMessage) {
  EXPECT_EQ(read(R"({"message": "bare"})")->text, "bare");
}

TEST_F(ErrorFiles, ThatAreNoneTellNothing) {
  EXPECT_FALSE(read_error_file(folder.path() / "none"));
  for (const char* text : {"", "{", "[]", "{}", R"({"message": 1})",
                           R"({"message": {"message": 3}})", R"({"message": {"extraInfo": {}}})"}) {
    EXPECT_FALSE(read(text)) << text;
  }
}

TEST(Failures, TheFirstThatIsNoConsequenceIsTheOne) {
  const Failure late{.rank = 0, .time = 9.0};
  const Failure early{.rank = 1, .time = 5.0};
  const Failure consequence{.rank = 2, .time = 1.0, .consequence = true};
  const Failure stop{.rank = 3, .time = 0.5, .stopped = true};

  EXPECT_EQ(first_of({stop, consequence, late, early})->rank, 1);
  EXPECT_EQ(first_of({stop, consequence})->rank, 2);
  EXPECT_EQ(first_of({stop})->rank, 3);
  EXPECT_FALSE(first_of({}));
}

TEST(Failures, AreDescribedBySignalOrExitCode) {
  EXPECT_EQ(describe({false, 3}, 0), "exited with code 3");
  EXPECT_EQ(describe({true, SIGSEGV}, 0), "was ended by SIGSEGV (Segmentation fault)");
  EXPECT_EQ(describe({true, SIGKILL}, 0), "was killed (SIGKILL)");
  EXPECT_EQ(describe({true, SIGKILL}, 1),
            "was killed (SIGKILL; the kernel has killed for lack of memory meanwhile)");
}

TEST(Failures, NameTheirNodeWhereThereAreSeveral) {
  const Failure failure{.node = 1, .rank = 3, .host = "b", .how = "exited with code 1"};

  EXPECT_EQ(report(failure, 1), "rank 3 failed: exited with code 1");
  EXPECT_EQ(report(failure, 2), "rank 3 on node 1 (b) failed: exited with code 1");
  EXPECT_EQ(report({.node = 1, .host = "b", .how = "is gone"}, 2), "node 1 (b) is gone");
  EXPECT_EQ(report({.rank = 0, .how = "h", .text = "\x1b[2Jbad\n"}, 1),
            "rank 0 failed: h:\n\\x1b[2Jbad");
}

TEST(Failures, KnowHowManyProcessesWereKilledForMemory) {
  const TemporaryFolder root;
  const auto write = [&](const fs::path& file, std::string_view text) {
    fs::create_directories((root.path() / file).parent_path());
    write_file(root.path() / file, text);
  };
  EXPECT_EQ(kills_for_memory(root.path()), 0U);

  write("proc/vmstat", "nr_free 1\noom_kill 2\n");
  EXPECT_EQ(kills_for_memory(root.path()), 2U);
  write("proc/self/cgroup", "4:memory:/old\n0::/a/b\n");
  write("sys/fs/cgroup/a/b/memory.events", "oom 9\noom_kill 3\noom_group_kill 8\n");
  write("sys/fs/cgroup/memory/old/memory.oom_control", "under_oom 0\noom_kill 4\n");
  EXPECT_EQ(kills_for_memory(root.path()), 9U);
}

TEST(Failures, EndWithTheLastLinesThatWereSaid) {
  EXPECT_EQ(last_lines("a\nb\nc\n\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb", 5), "a\nb");
  EXPECT_EQ(last_lines("", 5), "");
}

// ---- The verdict ----

NodeEnd failed(int rank, int order, int exit_code = 1) {
  return {Failure{.rank = rank, .exit_code = exit_code}, order};
}

TEST(Verdict, IsSuccessIfNothingFailed) {
  const Verdict verdict = decide({{}, {}}, false, 0, 3);

  EXPECT_EQ(verdict.exit_code, 0);
  EXPECT_FALSE(verdict.restart);
  EXPECT_FALSE(verdict.failure);
}

TEST(Verdict, ShowsTheNodeThatFailedFirstByTheStore) {
  NodeEnd early = failed(5, 1, 7);
  early.failure->time = 1e9;  // its clock is ahead

  const Verdict verdict = decide({failed(1, 2, 4), early}, false, 0, 1);

  EXPECT_EQ(verdict.failure->rank, 5);
  EXPECT_EQ(verdict.exit_code, 7);
  EXPECT_TRUE(verdict.restart);
}

TEST(Verdict, IsNoRestartOnceAllAreUsedUp) {
  EXPECT_TRUE(decide({failed(0, 1)}, false, 1, 2).restart);
  EXPECT_FALSE(decide({failed(0, 1)}, false, 2, 2).restart);
  EXPECT_FALSE(decide({failed(0, 1)}, false, 0, 0).restart);
}

TEST(Verdict, IsNoRestartAfterAStopOrAMistakeOrWithoutANode) {
  EXPECT_FALSE(decide({failed(0, 1)}, true, 0, 9).restart);
  EXPECT_FALSE(decide({failed(0, 1, 2)}, false, 0, 9).restart);
  EXPECT_FALSE(decide({failed(-1, 1)}, false, 0, 9).restart);
  EXPECT_FALSE(decide({failed(0, 1), failed(-1, 2)}, false, 0, 9).restart);
  NodeEnd stopped = failed(0, 1, 143);
  stopped.failure->stopped = true;
  EXPECT_FALSE(decide({stopped, failed(1, 2)}, false, 0, 9).restart);
  EXPECT_EQ(decide({stopped}, false, 0, 9).exit_code, 143);
}

// ---- The machine ----

TEST(CountGpus, GoesByDevicesAndByWhatCudaIsToSee) {
  const TemporaryFolder root;
  fs::create_directories(root.path() / "dev/nvidia-caps");
  for (const char* name : {"nvidia0", "nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm", "null"}) {
    write_file(root.path() / "dev" / name, "");
  }
  const auto count = [&](std::optional<std::string> visible) {
    return count_gpus([&](const char*) { return visible; }, root.path());
  };

  EXPECT_EQ(count(std::nullopt), 3);
  EXPECT_EQ(count("0,2"), 2);
  EXPECT_EQ(count("GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"), 1);
  EXPECT_EQ(count("0,-1,2"), 1) << "CUDA stops at what it does not know";
  EXPECT_EQ(count(""), 0);
  EXPECT_EQ(count("0,1,2,3,4"), 3);
  EXPECT_EQ(count_gpus([](const char*) { return std::nullopt; }, root.path() / "none"), 0);
}

TEST(Listeners, NeverShareAPort) {
  std::uint16_t one = 0;
  std::uint16_t other = 0;
  const auto first = listen_locally(one);
  const auto second = listen_locally(other);
  std::string problem;

  EXPECT_NE(one, other);
  EXPECT_TRUE(answers("127.0.0.1", one, std::chrono::seconds(5), problem)) << problem;
  try {
    listen_at(one);
    ADD_FAILURE() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), cat("cannot listen on port ", one, ": Address already in use"));
  }
}

}  // namespace
}  // namespace roux::launcher
