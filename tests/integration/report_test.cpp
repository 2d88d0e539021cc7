// What a run recorded as users look at it: `roux report`, `roux watch`.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "driver_world.h"
#include "support/process.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A run of twenty steps, as the trainer's recorders leave it.
class RecordedFolder : public ::testing::Test {
 protected:
  RecordedFolder() { make_run("run", 20); }

  void make_run(const std::string& name, int steps) {
    std::string train;
    for (int step = 1; step <= steps; ++step) {
      const std::string at = std::to_string(step);
      train += "{\"step\":" + at + ",\"time\":" + std::to_string(1000 + step) +
               ",\"loss\":" + (step == 7 ? "\"NaN\"" : std::to_string(8.0 / step)) +
               ",\"param_norm/a</script>\":" + at + ",\"total_num_tokens\":" + at +
               "000,\"tokens_per_second\":1000,\"forward_time\":0.75,\"backward_time\":0.25}\n";
    }
    world.write(name + "/metrics/train.jsonl", train);
    world.write(name + "/metrics/valid/en.jsonl", "{\"step\":20,\"time\":1020,\"loss\":0.625}\n");
    world.write(name + "/metrics/texts.jsonl",
                "{\"step\":20,\"time\":1,\"name\":\"samples\",\"text\":\"Once </script> upon\"}\n");
    world.write(name + "/config.toml", "[hub]\napi_key = \"sesame\"\nname = \"here\"\n");
  }

  Finished roux(std::vector<std::string> words) const {
    words.insert(words.begin(), DriverWorld::driver().string());
    return run_process(std::move(words), {.working_folder = world.folder()});
  }

  DriverWorld world;
};

using RouxReport = RecordedFolder;

TEST_F(RouxReport, WritesOnePageThatNeedsNothingElse) {
  const Finished report = roux({"report", "run"});

  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_EQ(report.out, "run/report.html\n");
  const std::string page = world.read(world.folder() / "run/report.html");
  EXPECT_THAT(page, AllOf(StartsWith("<!doctype html>"), HasSubstr("Best loss, valid/en"),
                          HasSubstr("lowest 0.4000 at step 20"), HasSubstr("name = \\\"here\\\""),
                          HasSubstr("prefers-color-scheme: dark"), HasSubstr("1.33333,null,1")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("sesame")), Not(HasSubstr("src=")),
                          Not(HasSubstr("@data@")), Not(HasSubstr("https://"))));
}

// The data stand in a script, which texts from outside must not end.
TEST_F(RouxReport, KeepsTextsInTheirPlace) {
  const std::string page = roux({"report", "run", "-o", "-"}).out;

  std::size_t ends = 0;
  for (auto at = page.find("</script>"); at != std::string::npos;
       at = page.find("</script>", at + 1)) {
    ++ends;
  }
  EXPECT_EQ(ends, 2);
}

TEST_F(RouxReport, ComparesRunsUnderTheirShortestNames) {
  make_run("b/run", 5);

  const Finished report = roux({"report", "run", "b/run", "-o", "both.html"});

  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_THAT(world.read(world.folder() / "both.html"),
              AllOf(HasSubstr("<title>2 runs</title>"), HasSubstr("\"name\":\"b/run\"")));
}

TEST_F(RouxReport, RefusesWhatIsNoRun) {
  const Finished nowhere = roux({"report", "nowhere"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err,
              HasSubstr("nowhere must be the output folder of a run, but is not there"));

  const Finished folder = roux({"report", "run", "-o", "run"});
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("-o must be a file, but is run, a folder"));
}

TEST_F(RouxReport, MakesAPageOfARunThatRecordedNothingYet) {
  world.write("young/config.toml", "");

  EXPECT_EQ(roux({"report", "young"}).exit_code, 0);
  EXPECT_THAT(roux({"watch", "young"}).out, HasSubstr("nothing was recorded yet"));
}

using RouxWatch = RecordedFolder;

TEST_F(RouxWatch, DrawsOnceWhereNoTerminalIs) {
  const Finished watch = roux({"watch", "run"});

  EXPECT_EQ(watch.exit_code, 0) << watch.err;
  EXPECT_THAT(watch.out,
              AllOf(StartsWith("run  step 20"), HasSubstr("8.0000 ┤"),
                    HasSubstr("━━ Loss, train  0.4000  best 0.4000 at step 20"),
                    HasSubstr("━━ Loss, valid/en  0.6250"), HasSubstr("1,000 tokens/s")));
  EXPECT_THAT(watch.out, Not(HasSubstr("\x1b")));
}

TEST_F(RouxWatch, DrawsWhatIsAskedFor) {
  EXPECT_THAT(roux({"watch", "run", "-1", "-m", "forward_time"}).out,
              HasSubstr("Time of forward, train  750.0 ms"));

  const Finished unknown = roux({"watch", "run", "-m", "lost"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("backward_time, "), HasSubstr("but is lost")));
}

// In a terminal of its own; what came out of it so far.
class InTerminal {
 public:
  InTerminal(const std::vector<std::string>& command, const fs::path& folder) {
    winsize size{.ws_row = 24, .ws_col = 80};
    child_ = forkpty(&screen_, nullptr, nullptr, &size);
    if (child_ != 0) return;
    setenv("TERM", "xterm", 1);
    std::vector<char*> words;
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    if (chdir(folder.c_str()) == 0) execv(words[0], words.data());
    _exit(127);
  }
  ~InTerminal() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(screen_);
  }
  InTerminal(const InTerminal&) = delete;
  InTerminal& operator=(const InTerminal&) = delete;

  bool wait_for(const std::string& wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (text_.find(wanted) == std::string::npos && std::chrono::steady_clock::now() < end) {
      pollfd ready{.fd = screen_, .events = POLLIN};
      poll(&ready, 1, 100);
      std::array<char, 4096> piece{};
      const auto size = (ready.revents & POLLIN) ? read(screen_, piece.data(), piece.size()) : 0;
      if (size > 0) text_.append(piece.data(), static_cast<std::size_t>(size));
    }
    return text_.find(wanted) != std::string::npos;
  }

  void type(const std::string& keys) {
    EXPECT_EQ(write(screen_, keys.data(), keys.size()), std::ssize(keys));
  }

  int exit_code() {
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  int screen_ = -1;
  pid_t child_ = -1;
  std::string text_;
};

TEST_F(RouxWatch, FollowsARunUntilCtrlCAndLeavesTheTerminalAsItWas) {
  InTerminal terminal({DriverWorld::driver().string(), "watch", "run"}, world.folder());

  EXPECT_TRUE(terminal.wait_for("\x1b[?1049h"));
  EXPECT_TRUE(terminal.wait_for("step 20"));
  make_run("run", 21);
  EXPECT_TRUE(terminal.wait_for("step 21"));
  terminal.type("\x03");
  EXPECT_TRUE(terminal.wait_for("\x1b[?25h\x1b[?1049l"));

  EXPECT_EQ(terminal.exit_code(), 0);
}

}  // namespace
}  // namespace roux
