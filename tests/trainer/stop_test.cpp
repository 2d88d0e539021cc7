#include "roux/trainer/stop.h"

#include <gtest/gtest.h>

#include <csignal>

namespace roux {
namespace {

using ::testing::KilledBySignal;

TEST(StopOnSignals, TurnsTheFirstSignalIntoARequest) {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
    const StopOnSignals listening;

    ASSERT_FALSE(StopRequest().requested());
    std::raise(signal);

    EXPECT_TRUE(StopRequest().requested());
    EXPECT_EQ(StopRequest().signal(), signal);
  }
}

TEST(StopOnSignals, LetsATerminalCloseUnderNohup) {
  std::signal(SIGHUP, SIG_IGN);
  {
    const StopOnSignals listening;
    std::raise(SIGHUP);
    EXPECT_FALSE(StopRequest().requested());
  }
  std::signal(SIGHUP, SIG_DFL);
}

TEST(StopOnSignals, EndsTheProcessAtTheSecondSignal) {
  const auto twice = [] {
    const StopOnSignals listening;
    std::raise(SIGTERM);
    std::raise(SIGINT);
  };

  EXPECT_EXIT(twice(), KilledBySignal(SIGINT), "");
}

TEST(StopOnSignals, GivesTheSignalsBack) {
  { const StopOnSignals listening; }

  EXPECT_EXIT(std::raise(SIGTERM), KilledBySignal(SIGTERM), "");
}

TEST(StopRequest, OfCodeHasNoSignal) {
  const StopOnSignals listening;

  StopRequest().request();

  EXPECT_TRUE(StopRequest().requested());
  EXPECT_EQ(StopRequest().signal(), std::nullopt);
}

}  // namespace
}  // namespace roux
