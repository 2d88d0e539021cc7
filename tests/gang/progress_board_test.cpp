#include "gang/progress_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>

namespace roux::gang {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Progress some_progress() {
  return {.step = 7,
          .begun = {{"root", 12}, {"shard", 3}},
          .last = "the gradients of layers.0",
          .waits_for = "the parameters of layers.1",
          .since = std::chrono::system_clock::time_point(1000ms),
          .told = std::chrono::system_clock::time_point(2000ms)};
}

TEST(Progress, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_progress(to_text(some_progress())), some_progress());
  EXPECT_EQ(parse_progress(to_text(Progress{})), Progress{});
}

TEST(Progress, IsNoneWhereTheTextIsNone) {
  EXPECT_EQ(parse_progress(""), Progress{});
  EXPECT_EQ(parse_progress("one\ntwo"), Progress{});
}

TEST(ProgressBoard, TellsWhoIsLateAndWhatTheyDo) {
  std::map<int, std::string> texts;
  texts[1] = to_text(some_progress());  // has come to the 12th of root
  Progress late = some_progress();
  late.begun["root"] = 11;
  late.told = std::chrono::system_clock::now();
  texts[2] = to_text(late);
  ProgressBoard board(0, {[](int, const std::string&) {}, [&](int rank) { return texts[rank]; }},
                      1h);
  const std::string who = board.who_is_late("root", 12, {0, 1, 2, 3});
  EXPECT_THAT(who, HasSubstr("rank 2 has not come: in step 8, it waits for the parameters of "
                             "layers.1, since"));
  EXPECT_THAT(who, HasSubstr("rank 3 has not come: it was never heard of"));
  EXPECT_THAT(who, testing::Not(HasSubstr("rank 1")));
  EXPECT_THAT(who, testing::Not(HasSubstr("not heard of for")));
}

TEST(ProgressBoard, KnowsNothingWhereTheStoreIsGone) {
  ProgressBoard board(0,
                      {[](int, const std::string&) { throw std::runtime_error("gone"); },
                       [](int) -> std::string { throw std::runtime_error("gone"); }},
                      1h);
  EXPECT_EQ(board.who_is_late("root", 1, {0, 1}), "");
}

}  // namespace
}  // namespace roux::gang
