#include "roux/tokenizer/utf8.h"

#include <gtest/gtest.h>

namespace roux {
namespace {

TEST(Utf8, TellsBrokenFromWhole) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("aé中😀"));
  EXPECT_FALSE(is_valid_utf8("a\xc3"));
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));
}

// As Python's bytes.decode(errors="replace") gives them.
TEST(Utf8, ReplacesEachBrokenPieceOnce) {
  EXPECT_EQ(replace_invalid_utf8("aé中😀"), "aé中😀");
  EXPECT_EQ(replace_invalid_utf8("a\xc3"), "a\ufffd");
  EXPECT_EQ(replace_invalid_utf8("\xe4\xb8!"), "\ufffd!");                // cut short: one
  EXPECT_EQ(replace_invalid_utf8("\xf0\x9f\x98"), "\ufffd");              // and at the end
  EXPECT_EQ(replace_invalid_utf8("\xc0\x80"), "\ufffd\ufffd");            // overlong
  EXPECT_EQ(replace_invalid_utf8("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");  // a surrogate
  EXPECT_EQ(replace_invalid_utf8("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");  // too large
  EXPECT_EQ(replace_invalid_utf8("\x80\xff"), "\ufffd\ufffd");
}

}  // namespace
}  // namespace roux
