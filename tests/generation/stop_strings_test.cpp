#include "roux/generation/stop_strings.h"

#include <gtest/gtest.h>

#include <vector>

namespace roux {
namespace {

using Strings = std::vector<std::string>;

TEST(StopStrings, FindsOneThatComesInPieces) {
  StopStrings stop(Strings{"###"});

  EXPECT_EQ(stop.push("one#"), "one");
  EXPECT_EQ(stop.push("#two##"), "##two");
  EXPECT_FALSE(stop.found());
  EXPECT_EQ(stop.push("# three"), "");
  EXPECT_TRUE(stop.found());
  EXPECT_EQ(stop.push("four"), "");
  EXPECT_EQ(stop.finish(), "");
}

TEST(StopStrings, GivesBackWhatOnlyLookedLikeTheBeginning) {
  StopStrings stop(Strings{"aab"});

  EXPECT_EQ(stop.push("a"), "");
  EXPECT_EQ(stop.push("a"), "");
  EXPECT_EQ(stop.push("a"), "a");
  EXPECT_EQ(stop.push("c"), "aac");
  EXPECT_EQ(stop.push("aa"), "");
  EXPECT_EQ(stop.finish(), "aa");
  EXPECT_FALSE(stop.found());
}

TEST(StopStrings, EndsAtTheFirstOfSeveral) {
  StopStrings stop(Strings{"world", "lo"});

  EXPECT_EQ(stop.push("hello, world"), "hel");
  EXPECT_TRUE(stop.found());
}

TEST(StopStrings, HoldsBackTheLongestBeginningOfAny) {
  StopStrings stop(Strings{"b", "abcd"});

  EXPECT_EQ(stop.push("xab"), "xa");
  EXPECT_TRUE(stop.found());

  StopStrings longer(Strings{"cx", "abcd"});
  EXPECT_EQ(longer.push("xabc"), "x");
  EXPECT_EQ(longer.push("e"), "abce");
}

TEST(StopStrings, LetEverythingPassWhereThereAreNone) {
  StopStrings stop(Strings{""});

  EXPECT_EQ(stop.push("all of it"), "all of it");
  EXPECT_FALSE(stop.found());
}

}  // namespace
}  // namespace roux
