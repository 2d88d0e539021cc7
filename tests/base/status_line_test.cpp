#include "roux/base/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "roux/base/log_config.h"
#include "support/pseudo_terminal.h"

namespace roux {
namespace {

using ::testing::HasSubstr;

TEST(StatusLine, IsDrawnInPlaceAndGoneAtItsEnd) {
  PseudoTerminal terminal(20);
  auto line = std::make_unique<StatusLine>();

  EXPECT_TRUE(line->is_live());
  line->show("one");
  line->show("a line that is far too long");
  EXPECT_EQ(terminal.take(), "\rone\x1b[K\ra line that is far \x1b[K");

  line.reset();
  EXPECT_EQ(terminal.take(), "\r\x1b[K");
}

TEST(StatusLine, StepsAsideForTheLog) {
  PseudoTerminal terminal(40);
  configure_logging({});
  StatusLine line;
  line.show("50 %");
  terminal.take();

  log_info("hello");

  const std::string screen = terminal.take();
  EXPECT_TRUE(screen.starts_with("\r\x1b[K")) << screen;
  EXPECT_THAT(screen, HasSubstr("hello\n\r50 %\x1b[K"));
  line.clear();
  log_info("bye");
  EXPECT_THAT(terminal.take(), HasSubstr("bye\n"));
  EXPECT_EQ(terminal.take(), "");
}

TEST(StatusLine, IsAPlainLineOnADumbTerminal) {
  PseudoTerminal terminal(10, "dumb");
  StatusLine line(false, std::chrono::milliseconds(0));

  EXPECT_FALSE(line.is_live());
  EXPECT_TRUE(line.due());
  line.show("a line that is far too long");
  line.clear();

  EXPECT_EQ(terminal.take(), "a line that is far too long\n");
}

TEST(StatusLine, IsDueOnlyNowAndThen) {
  PseudoTerminal terminal(10);
  StatusLine line;

  EXPECT_FALSE(line.due());
}

TEST(StatusLine, ShowsNothingIfItIsQuiet) {
  PseudoTerminal terminal(10);
  StatusLine line(true, std::chrono::milliseconds(0));

  EXPECT_FALSE(line.due());
  line.show("text");

  EXPECT_EQ(terminal.take(), "");
}

}  // namespace
}  // namespace roux
