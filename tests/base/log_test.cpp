#include "roux/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log_config.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::ThrowsMessage;

class Log : public ::testing::Test {
 protected:
  ~Log() override { configure_logging({}); }

  std::filesystem::path file() const { return folder_.path() / "rank_0.log"; }
  std::string logged() const {
    flush_log();
    return read_file(file());
  }

  template <typename F>
  static std::string printed(const F& work) {
    ::testing::internal::CaptureStderr();
    work();
    return ::testing::internal::GetCapturedStderr();
  }

  LogConfig config_;

 private:
  TemporaryFolder folder_;
};

using LogDeathTest = Log;

TEST_F(LogDeathTest, IsPlainBeforeAnythingWasSaid) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";  // a process where nothing was said

  const auto speak = [] {
    log_debug("not this");
    log_warning("model.compile means nothing here");
    std::exit(0);
  };

  EXPECT_EXIT(speak(), ::testing::ExitedWithCode(0),
              "^warning: model.compile means nothing here\n$");
}

TEST_F(LogDeathTest, WritesWhatIsBufferedWhenTheProgramEnds) {
  config_.level = LogLevel::Debug;
  config_.file = file();

  const auto speak = [&] {
    configure_logging(config_);
    log_debug("last words");
    std::exit(0);
  };

  EXPECT_EXIT(speak(), ::testing::ExitedWithCode(0), "");
  EXPECT_THAT(read_file(file()), HasSubstr("last words"));
}

TEST_F(Log, StampsTheFileWithDateAndLevel) {
  config_.file = file();
  config_.console = false;

  configure_logging(config_);
  log_info("step ", 3, " of ", 2.5);

  EXPECT_THAT(logged(), MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
                                     "[.][0-9]{3} [[]info[]] step 3 of 2[.]5\n"));
}

TEST_F(Log, StampsTheConsoleWithTheTimeAndTheLabel) {
  config_.console_label = "rank 3 %v";

  const std::string text = printed([&] {
    configure_logging(config_);
    log_error("gone");
  });

  EXPECT_THAT(text, MatchesRegex("[0-9]{2}:[0-9]{2}:[0-9]{2} [[]error[]] "
                                 "rank 3 %v: gone\n"));
}

TEST_F(Log, WritesMessagesOfTheLevelAndAbove) {
  config_.level = LogLevel::Warning;

  const std::string text = printed([&] {
    configure_logging(config_);
    log_info("one");
    log_warning("two");
    log_error("three");
    set_log_level(LogLevel::Debug);
    log_debug("four");
  });

  EXPECT_THAT(text, AllOf(Not(HasSubstr("one")), HasSubstr("[warning] two"),
                          HasSubstr("[error] three"), HasSubstr("[debug] four")));
}

struct Costly {
  int* printed;
  friend std::ostream& operator<<(std::ostream& out, const Costly& costly) {
    ++*costly.printed;
    return out;
  }
};

TEST_F(Log, DoesntFormatWhatItWontWrite) {
  int count = 0;
  config_.file = file();
  config_.console = false;
  configure_logging(config_);

  log_debug(Costly{&count});
  EXPECT_EQ(count, 0);
  log_info(Costly{&count});
  EXPECT_EQ(count, 1);
}

TEST_F(Log, LeavesTheConsoleToOthersIfItHasAFile) {
  config_.file = file();
  config_.console = false;

  const std::string text = printed([&] {
    configure_logging(config_);
    log_error("only in the file");
  });

  EXPECT_EQ(text, "");
  EXPECT_THAT(logged(), HasSubstr("only in the file"));
}

TEST_F(Log, PrintsErrorsRatherThanLosingThem) {
  config_.console = false;

  const std::string text = printed([&] {
    configure_logging(config_);
    log_warning("less");
    log_error("much");
  });

  EXPECT_THAT(text, AllOf(Not(HasSubstr("less")), HasSubstr("much")));
}

TEST_F(Log, AddsToAFileThatIsThere) {
  write_file(file(), "the first run\n");
  config_.file = file();
  config_.console = false;

  configure_logging(config_);
  log_info("the second run");

  EXPECT_THAT(logged(), MatchesRegex("the first run\n.*the second run\n"));
}

TEST_F(Log, WritesAllButDebugMessagesAtOnce) {
  config_.level = LogLevel::Debug;
  config_.file = file();
  config_.console = false;
  configure_logging(config_);

  log_debug("waits");
  EXPECT_EQ(read_file(file()), "");
  flush_log();
  EXPECT_THAT(read_file(file()), HasSubstr("waits"));
  log_info("hurries");
  EXPECT_THAT(read_file(file()), HasSubstr("hurries"));
}

TEST_F(Log, SaysWhyAFileCantBeOpenedAndGoesOnAsBefore) {
  config_.file = file();
  config_.console = false;
  configure_logging(config_);
  LogConfig bad = config_;
  bad.file = file().parent_path();  // a folder

  EXPECT_THAT(
      [&] { configure_logging(bad); },
      ThrowsMessage<Error>(AllOf(HasSubstr(bad.file.string()), HasSubstr("Is a directory"))));

  log_info("still here");
  EXPECT_THAT(logged(), HasSubstr("still here"));
}

TEST_F(Log, IndentsTheLinesAfterTheFirst) {
  config_.file = file();
  config_.console = false;

  configure_logging(config_);
  log_info("2 problems:\n- one\n- two\n");

  EXPECT_THAT(logged(), ::testing::EndsWith("[info] 2 problems:\n    - one\n    - two\n"));
}

TEST_F(Log, TakesPercentAndBracesAsTheyAre) {
  config_.file = file();
  config_.console = false;

  configure_logging(config_);
  log_info("100 %v {} {0:d}");

  EXPECT_THAT(logged(), ::testing::EndsWith("100 %v {} {0:d}\n"));
}

TEST_F(Log, KeepsLinesWholeWhenManyThreadsWrite) {
  config_.file = file();
  config_.console = false;
  configure_logging(config_);
  constexpr int kThreads = 4;
  constexpr int kMessages = 200;

  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([] {
        for (int k = 0; k < kMessages; ++k) log_info("first\nsecond");
      });
    }
    for (int k = 0; k < 20; ++k) {  // files change hands meanwhile
      configure_logging(config_);
      set_log_level(LogLevel::Info);
    }
  }

  const std::vector<std::string> lines = split(logged(), '\n');
  ASSERT_EQ(lines.size(), 2 * kThreads * kMessages + 1);
  for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
    ASSERT_THAT(lines[i], ::testing::EndsWith("[info] first"));
    ASSERT_EQ(lines[i + 1], "    second");
  }
}

// A terminal of our own in place of stderr.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)), stderr_(dup(STDERR_FILENO)) {
    grantpt(master_);
    unlockpt(master_);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    dup2(slave, STDERR_FILENO);
    close(slave);
  }
  ~Terminal() {
    dup2(stderr_, STDERR_FILENO);
    close(stderr_);
    close(master_);
  }
  // One line, which must be there.
  std::string read_line() const {
    std::string line;
    char c = 0;
    while (c != '\n' && read(master_, &c, 1) == 1) line += c;
    return line;
  }

 private:
  int master_;
  int stderr_;
};

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    const char* before = getenv(name);
    had_ = before != nullptr;
    if (had_) before_ = before;
    value != nullptr ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Variable() { had_ ? setenv(name_, before_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  bool had_ = false;
  std::string before_;
};

std::string line_on_terminal() {
  const Terminal terminal;
  configure_logging({});
  log_warning("look");
  return terminal.read_line();
}

TEST_F(Log, IsColouredOnATerminalThatWantsIt) {
  const Variable term("TERM", "xterm");
  const Variable no_color("NO_COLOR", nullptr);

  EXPECT_THAT(line_on_terminal(), HasSubstr("\033["));
  {
    const Variable set("NO_COLOR", "1");
    EXPECT_THAT(line_on_terminal(), AllOf(Not(HasSubstr("\033")), HasSubstr("look")));
  }
  {
    const Variable dumb("TERM", "dumb");
    EXPECT_THAT(line_on_terminal(), AllOf(Not(HasSubstr("\033")), HasSubstr("look")));
  }
}

TEST_F(Log, IsNotColouredElsewhere) {
  const Variable term("TERM", "xterm");
  const Variable no_color("NO_COLOR", nullptr);

  const std::string text = printed([] {
    configure_logging({});
    log_warning("look");
  });

  EXPECT_THAT(text, AllOf(Not(HasSubstr("\033")), HasSubstr("look")));
}

}  // namespace
}  // namespace roux
