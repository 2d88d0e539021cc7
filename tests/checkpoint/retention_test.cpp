#include "checkpoint/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace roux::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Steps 100 to 600, with scores that are best at 200 and equal at 400 and 500; 600 has none.
std::vector<Kept> run() {
  return {{100, 1.0}, {200, 9.0}, {300, 2.0}, {400, 5.0}, {500, 5.0}, {600, {}}};
}

TEST(Retention, KeepsAllUnlessToldOtherwise) {
  EXPECT_THAT(find_surplus({}, run(), 600).steps, IsEmpty());
}

TEST(Retention, KeepsTheLast) {
  EXPECT_THAT(find_surplus({.keep_last_n = 2}, run(), 600).steps, ElementsAre(100, 200, 300, 400));
  EXPECT_THAT(find_surplus({.keep_last_n = 9}, run(), 600).steps, IsEmpty());
}

TEST(Retention, KeepsTheBestAndOfEqualsTheNewerOne) {
  EXPECT_THAT(find_surplus({.keep_best_n = 2}, run(), 600).steps, ElementsAre(100, 300, 400));
}

TEST(Retention, RemovesNothingForBeingWorseWhereNothingHasAScore) {
  auto all = run();
  for (auto& each : all) each.score.reset();
  EXPECT_THAT(find_surplus({.keep_best_n = 1}, all, 600).steps, IsEmpty());
}

TEST(Retention, KeepsEveryNth) {
  EXPECT_THAT(find_surplus({.keep_every_n_steps = 300}, run(), 600).steps,
              ElementsAre(100, 200, 400, 500));
}

TEST(Retention, KeepsWhatAnyOfTheRulesWants) {
  EXPECT_THAT(
      find_surplus({.keep_last_n = 1, .keep_best_n = 1, .keep_every_n_steps = 300}, run(), 600)
          .steps,
      ElementsAre(100, 400, 500));
}

TEST(Retention, KeepsWhatWasJustSavedWhereARunGoesOnFromAnOlderOne) {
  EXPECT_THAT(find_surplus({.keep_last_n = 1}, run(), 300).steps, ElementsAre(100, 200, 400, 500));
}

TEST(Retention, KeepsWhatARunCanGoOnFrom) {
  auto all = run();
  all[4].is_model_only = all[5].is_model_only = true;
  EXPECT_THAT(find_surplus({.keep_last_n = 1}, all, 600).steps, ElementsAre(100, 200, 300, 500));
}

TEST(Retention, ThinsOutAllButTheLast) {
  auto all = run();
  all[1].is_model_only = true;
  const auto surplus = find_surplus({.keep_last_n = 5, .model_only_but_last = true}, all, 600);
  EXPECT_THAT(surplus.steps, ElementsAre(100));
  EXPECT_THAT(surplus.model_only, ElementsAre(300, 400, 500));
}

}  // namespace
}  // namespace roux::checkpoint
