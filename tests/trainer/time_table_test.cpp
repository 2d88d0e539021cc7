#include "trainer/time_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TimeTable, GivesACallerWhatItsCallsDoNotTake) {
  const std::vector<TimedCall> calls{{"step", 1, 0, 100},
                                     {"mm", 1, 10, 40},
                                     {"mm", 1, 50, 70},
                                     {"copy", 1, 55, 60},
                                     {"mm", 2, 0, 25}};
  const auto names = times_by_name(calls);
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0].name, "mm");
  EXPECT_EQ(names[0].calls, 3);
  EXPECT_EQ(names[0].own, 70U);  // 30 + 20 - 5 + 25
  EXPECT_EQ(names[0].all, 75U);
  EXPECT_EQ(names[1].name, "step");
  EXPECT_EQ(names[1].own, 50U);
  EXPECT_EQ(names[1].all, 100U);
  EXPECT_EQ(names[2].own, 5U);
}

TEST(TimeTable, CountsACallWithinItsLikeOnce) {
  const std::vector<TimedCall> calls{{"sum", 1, 0, 10}, {"sum", 1, 2, 8}};
  const auto names = times_by_name(calls);
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names[0].own, 10U);
  EXPECT_EQ(names[0].all, 10U);
}

TEST(TimeTable, ShowsTheFirstNames) {
  const std::vector<TimedCall> calls{{"mm", 1, 0, 3'000'000}, {"copy", 1, 3'000'000, 4'000'000}};
  const auto names = times_by_name(calls);
  EXPECT_THAT(time_table(names, 2), HasSubstr("  75.0 %        3.000        3.000         1"));
  EXPECT_THAT(time_table(names, 1), Not(HasSubstr("copy")));
}

}  // namespace
}  // namespace roux
