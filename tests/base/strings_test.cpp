#include "roux/base/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kSchedules{"cosine", "constant", "linear", "warmup_stable_decay"};

TEST(Join, PutsTheSeparatorBetweenPartsOnly) {
  EXPECT_EQ(join(std::vector<std::string>{"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join(std::vector<std::string>{"a"}, ", "), "a");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Split, GivesOnePartMoreThanThereAreSeparators) {
  EXPECT_THAT(split("a.b.", '.'), ElementsAre("a", "b", ""));
  EXPECT_THAT(split("a", '.'), ElementsAre("a"));
  EXPECT_THAT(split("", '.'), ElementsAre(""));
}

TEST(Trim, TakesWhiteSpaceFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(ParseInteger, TakesAWholeNumberAndNothingElse) {
  EXPECT_EQ(parse_integer("42"), 42);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "-"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(NearestName, ForgivesOneEditOfEachKind) {
  EXPECT_EQ(nearest_name("cosin", kSchedules), "cosine");    // left out
  EXPECT_EQ(nearest_name("cosinee", kSchedules), "cosine");  // typed twice
  EXPECT_EQ(nearest_name("cozine", kSchedules), "cosine");   // mistyped
  EXPECT_EQ(nearest_name("cosien", kSchedules), "cosine");   // swapped
}

TEST(NearestName, CountsASwapOfNeighboursAsOneEdit) {
  EXPECT_EQ(nearest_name("lr", std::vector<std::string>{"rl"}), "rl");
}

TEST(NearestName, IgnoresCaseAndWhichDashWasTyped) {
  EXPECT_EQ(nearest_name("A-B-C-D", std::vector<std::string>{"a_b_c_d"}), "a_b_c_d");
}

TEST(NearestName, AllowsMoreEditsInLongerNames) {
  EXPECT_EQ(nearest_name("warmup_stabel_deccay", kSchedules), "warmup_stable_decay");
  EXPECT_EQ(nearest_name("lanear", kSchedules), "linear");
  EXPECT_EQ(nearest_name("lxxeax", kSchedules), "");
}

TEST(NearestName, NeverAllowsMoreThanThreeEdits) {
  const std::vector<std::string> long_name{"abcdefghijklmnopqrst"};

  EXPECT_EQ(nearest_name("abcdefghijklmnopqxxx", long_name), long_name[0]);
  EXPECT_EQ(nearest_name("abcdefghijklmnopxxxx", long_name), "");
}

TEST(NearestName, CompletesTheOnlyNameThatStartsSo) {
  EXPECT_EQ(nearest_name("warm", kSchedules), "warmup_stable_decay");
  EXPECT_EQ(nearest_name("wa", kSchedules), "");
  EXPECT_EQ(nearest_name("max_", std::vector<std::string>{"max_num_steps", "max_seq_len"}), "");
}

TEST(NearestName, TakesTheFirstOfEquallyNearOnes) {
  EXPECT_EQ(nearest_name("bat", std::vector<std::string>{"cat", "bad"}), "cat");
}

TEST(NearestName, ComparesNoNameWithAHugeText) {
  const std::string huge(std::size_t{1} << 24U, 'a');

  // Comparing each letter with each would take minutes, and the test's time with it.
  const std::vector<std::string> names(100, "warmup_steps");
  EXPECT_EQ(nearest_name(huge, names), "");
}

TEST(NearestName, FindsNothingForNothing) {
  EXPECT_EQ(nearest_name("", kSchedules), "");
  EXPECT_EQ(nearest_name("x", std::vector<std::string>{"y"}), "");
  EXPECT_EQ(nearest_name("cosine", {}), "");
}

TEST(DidYouMean, IsTheEndOfAMessage) {
  EXPECT_EQ(did_you_mean("cosin", kSchedules), " (did you mean \"cosine\"?)");
  EXPECT_EQ(did_you_mean("polynomial", kSchedules), "");
}

TEST(Wrap, BreaksAtSpacesBeforeTheLineIsTooLong) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("one two three", 6), ElementsAre("one", "two", "three"));
}

TEST(Wrap, LeavesALongWordWhole) {
  EXPECT_THAT(wrap("a transformation b", 5), ElementsAre("a", "transformation", "b"));
}

TEST(Wrap, KeepsLineEndsAndJoinsSpaces) {
  EXPECT_THAT(wrap("one   two\n\nthree", 20), ElementsAre("one two", "", "three"));
  EXPECT_THAT(wrap("", 20), IsEmpty());
}

TEST(Wrap, CountsCharactersAndNotBytes) {
  EXPECT_THAT(wrap("äöü äöü", 7), ElementsAre("äöü äöü"));
}

}  // namespace
}  // namespace roux
