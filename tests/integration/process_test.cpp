#include "support/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <string>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Finished shell(const std::string& script, ProcessOptions options = {}) {
  return run_process({"bash", "-c", script}, std::move(options));
}

TEST(RunProcess, KeepsTheTwoStreamsApartAndTellsTheExitCode) {
  const Finished finished = shell("echo out; echo err >&2; exit 3");

  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.out, "out\n");
  EXPECT_EQ(finished.err, "err\n");
}

TEST(RunProcess, Gives128AndTheSignalThatEndedIt) {
  EXPECT_EQ(shell("kill -TERM $$").exit_code, 128 + SIGTERM);
}

TEST(RunProcess, HandsOverInputAndWorkingFolderAndEnvironment) {
  const TemporaryFolder folder;
  const ProcessOptions options{.environment = {{"WORD", "added"}, {"HOME", "/replaced"}},
                               .working_folder = folder.path(),
                               .input = "typed"};

  const Finished finished = shell("cat; echo \" $WORD $HOME\"; pwd", options);

  EXPECT_EQ(finished.out, cat("typed added /replaced\n", folder.path().string(), "\n"));
}

TEST(RunProcess, ReadsMoreThanAPipeHolds) {
  const Finished finished = shell("head -c 3000000 /dev/zero | tee /dev/stderr");

  EXPECT_EQ(finished.out.size(), 3'000'000U);
  EXPECT_EQ(finished.err.size(), 3'000'000U);
}

TEST(RunProcess, DoesNotWaitForWhatTheProgramLeftRunning) {
  const Finished finished = shell("sleep 1000 & echo done", {.timeout = std::chrono::seconds(30)});

  EXPECT_EQ(finished.out, "done\n");
}

TEST(RunProcess, KillsAndNamesWhatRunsPastItsTimeout) {
  EXPECT_THAT([] { shell("echo begun; sleep 1000", {.timeout = std::chrono::seconds(2)}); },
              ThrowsMessage<Error>(HasSubstr("begun\n\nstderr: \nwas killed")));
  EXPECT_THAT([] { shell("yes", {.timeout = std::chrono::milliseconds(50)}); },
              ThrowsMessage<Error>(HasSubstr("was killed")));
}

TEST(RunProcess, NamesAProgramThatIsNotThere) {
  EXPECT_THAT([] { run_process({"/nowhere/at-all"}); },
              ThrowsMessage<Error>(HasSubstr("/nowhere/at-all can't be started: No such file")));
}

TEST(Process, CanBeSignalledOnceItHasPrinted) {
  Process process(
      {"bash", "-c", "trap 'echo stopping; exit 7' TERM; echo ready; sleep 1000 & wait"});
  process.wait_for_output("ready");
  process.send_signal(SIGTERM);

  const Finished finished = process.wait();

  EXPECT_EQ(finished.exit_code, 7);
  EXPECT_EQ(finished.out, "ready\nstopping\n");
}

TEST(Process, SaysSoIfItEndsWithoutPrintingWhatIsWaitedFor) {
  Process process({"bash", "-c", "echo something else"});

  EXPECT_THAT([&] { process.wait_for_output("ready"); },
              ThrowsMessage<Error>(HasSubstr("ended without printing: ready")));
}

}  // namespace
}  // namespace roux
