#include "roux/base/visible.h"

#include <gtest/gtest.h>

namespace roux {
namespace {

TEST(Visible, ShowsWhatATerminalWouldActOn) {
  EXPECT_EQ(visible("a\x1b[31mb\x7f\r"), "a\\x1b[31mb\\x7f\\x0d");
  EXPECT_EQ(visible("\u009b31m"), "\\x9b31m");
}

TEST(Visible, LeavesOtherTextAsItIs) {
  EXPECT_EQ(visible("é ¡ 日本\xc2"), "é ¡ 日本\xc2");
}

TEST(Visible, KeepsLineEndsAndTabsUnlessToldNotTo) {
  EXPECT_EQ(visible("a\n\tb"), "a\n\tb");
  EXPECT_EQ(visible("a\n\tb", ""), "a\\x0a\\x09b");
}

}  // namespace
}  // namespace roux
