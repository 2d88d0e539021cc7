#include "roux/metrics/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "roux/base/terminal.h"
#include "support/pseudo_terminal.h"

namespace roux {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ProgressBar::Clock::time_point clock_now;

ProgressBar::Clock::time_point fake_now() {
  return clock_now;
}

// What stands on the screen after all that was written: the last drawing, without its frame.
std::string last_line(const std::string& screen) {
  const auto begin = screen.rfind('\r') + 1;
  return screen.substr(begin, screen.rfind("\x1b[K") - begin);
}

class ProgressBarOnTerminal : public ::testing::Test {
 protected:
  // 40 steps in 10 seconds with 100 tokens each, then a drawing.
  std::string drawn(unsigned short columns, ProgressBarOptions options, std::string note = "") {
    PseudoTerminal terminal(columns);
    setenv("NO_COLOR", "1", 1);
    ProgressBar bar(std::move(options), fake_now);
    clock_now += 10s;
    for (int i = 0; i < 40; ++i) bar.step(100);
    bar.set_note(std::move(note));
    bar.set_activity("");
    return last_line(terminal.take());
  }
};

TEST_F(ProgressBarOnTerminal, ShowsRatesAndTimeLeft) {
  EXPECT_EQ(
      drawn(120, {.done = 10, .total = 100}, "loss 3.2140"),
      "train  50 % ━━━━━━━━━━━━━━━━━━━━                     50/100 | 4.00 steps/s | 400 tokens/s "
      "| 13 s left | loss 3.2140");
}

TEST_F(ProgressBarOnTerminal, FitsItsBarToTheRoom) {
  for (unsigned short columns = 20; columns < 130; columns += 7) {
    const std::string line = drawn(columns, {.done = 10, .total = 100}, "loss 3.2140");
    EXPECT_LT(columns_of(line), columns) << line;
    EXPECT_THAT(line, HasSubstr(" 50 %"));
  }
  EXPECT_THAT(drawn(60, {.done = 10, .total = 100}), Not(HasSubstr("━")));
}

TEST_F(ProgressBarOnTerminal, ShowsWhatIsKnownOfARunWithoutEnd) {
  EXPECT_EQ(drawn(100, {.label = "epoch 3", .done = 0}),
            "epoch 3 40 | 4.00 steps/s | 400 tokens/s");
}

TEST_F(ProgressBarOnTerminal, TakesRatesOfTheLastHalfMinute) {
  PseudoTerminal terminal(120);
  ProgressBar bar({.total = 1000}, fake_now);
  for (int i = 0; i < 100; ++i) {  // slowly
    clock_now += 1s;
    bar.step();
    terminal.take();
    bar.set_activity("");
  }
  for (int i = 0; i < 400; ++i) {  // quickly
    clock_now += 100ms;
    bar.step();
    terminal.take();
    bar.set_activity("");
  }

  EXPECT_THAT(last_line(terminal.take()), AllOf(HasSubstr("10.0 steps/s"), HasSubstr("50 s left")));
}

TEST_F(ProgressBarOnTerminal, SaysWhatIsDoneInsteadOfSteps) {
  PseudoTerminal terminal(120);
  ProgressBar bar({.total = 1000}, fake_now);
  bar.step();

  bar.set_activity("validating");

  EXPECT_THAT(last_line(terminal.take()), HasSubstr(" 1/1,000 | validating"));
}

TEST_F(ProgressBarOnTerminal, IsColouredIfWanted) {
  PseudoTerminal terminal(120);
  ProgressBar bar({.total = 1000}, fake_now);

  bar.set_activity("");

  EXPECT_THAT(terminal.take(), HasSubstr("\x1b[36m"));
}

TEST(ProgressBar, IsAPlainLineNowAndThenElsewhere) {
  PseudoTerminal terminal(20, "dumb");
  ProgressBar bar({.done = 10, .total = 100, .elsewhere = 0ms}, fake_now);
  clock_now += 2s;

  bar.set_note("loss 1.0000");
  bar.set_activity("validating");
  bar.step(50);

  EXPECT_EQ(terminal.take(),
            "train: step 11/100 | 0.50 steps/s | 25 tokens/s | 2 min 58 s left | loss 1.0000\n");
}

TEST(ProgressBar, IsSilentIfItIsQuiet) {
  PseudoTerminal terminal(100);
  ProgressBar bar({.total = 100, .quiet = true, .elsewhere = 0ms}, fake_now);

  bar.step();
  bar.set_activity("saving");

  EXPECT_EQ(terminal.take(), "");
}

}  // namespace
}  // namespace roux
