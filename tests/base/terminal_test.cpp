#include "roux/base/terminal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "support/pseudo_terminal.h"

namespace roux {
namespace {

TEST(Terminal, KnowsItsWidthAndWhetherItTakesColors) {
  const PseudoTerminal terminal(97);

  EXPECT_TRUE(is_terminal(STDERR_FILENO));
  EXPECT_TRUE(wants_color(STDERR_FILENO));
  EXPECT_EQ(terminal_size(STDERR_FILENO).columns, 97);
  EXPECT_EQ(terminal_size(STDERR_FILENO).lines, 24);
}

TEST(Terminal, TakesNoColorsWhereNobodyWantsThem) {
  const PseudoTerminal terminal(97);
  setenv("NO_COLOR", "1", 1);

  EXPECT_TRUE(is_terminal(STDERR_FILENO));
  EXPECT_FALSE(wants_color(STDERR_FILENO));

  unsetenv("NO_COLOR");
}

TEST(Terminal, IsNoneIfItIsDumb) {
  const PseudoTerminal terminal(97, "dumb");

  EXPECT_FALSE(is_terminal(STDERR_FILENO));
  EXPECT_FALSE(wants_color(STDERR_FILENO));
}

TEST(Terminal, HasACommonWidthWhereThereIsNone) {
  EXPECT_EQ(terminal_size(-1).columns, 80);
}

TEST(Columns, AreCountedByCharacterAndWithoutColors) {
  EXPECT_EQ(columns_of("abc"), 3);
  EXPECT_EQ(columns_of("\x1b[36m━━\x1b[0m é"), 4);
  EXPECT_EQ(columns_of(""), 0);
}

TEST(Columns, AreCutBetweenCharactersAndColorsAreEnded) {
  EXPECT_EQ(cut_to_columns("é━x", 2), "é━");
  EXPECT_EQ(cut_to_columns("abc", 3), "abc");
  EXPECT_EQ(cut_to_columns("a\x1b[36mbcd", 2), "a\x1b[36mb\x1b[0m");
  EXPECT_EQ(cut_to_columns("a\x1b[36mb\x1b[0mcd", 3), "a\x1b[36mb\x1b[0mc");
}

}  // namespace
}  // namespace roux
