#include "roux/config/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/example_config.h"
#include "roux/base/error.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

using example::to_strings;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

Place place(const std::string& source, int line = 1, int column = 1) {
  return {std::make_shared<std::string>(source), line, column, nullptr};
}

TEST(Problems, AreListedTogetherInOneError) {
  Problems problems;
  problems.add_at(place("a.toml", 3, 9), "regime.num_steps", "must be at least 1, but is 0");
  problems.needs("data");

  EXPECT_THAT(
      [&] { problems.throw_if_any(); },
      ThrowsMessage<ConfigError>("a.toml:3:9: regime.num_steps: must be at least 1, but is 0\n"
                                 "data needs to be specified"));
}

TEST(Problems, ThrowNothingWhereThereAreNone) {
  Problems problems;
  problems.warn("a", "is strange");

  EXPECT_NO_THROW(problems.throw_if_any());
  EXPECT_FALSE(problems.any());
}

TEST(Problems, AreInTheOrderOfTheSourcesTheirLinesAndColumns) {
  Problems problems;
  problems.add_source(place("z.toml"));
  problems.add_source(place("a.toml"));
  problems.add_at(place("--config x=1"), "x", "5th");
  problems.add_at({}, "nowhere", "last");
  problems.add_at(place("a.toml", 1, 1), "a", "4th");
  problems.add_at(place("z.toml", 10, 1), "b", "3rd");
  problems.add_at(place("z.toml", 9, 7), "c", "2nd");
  problems.add_at(place("z.toml", 9, 2), "d", "1st");

  EXPECT_THAT(to_strings(problems.all()),
              ElementsAre("z.toml:9:2: d: 1st", "z.toml:9:7: c: 2nd", "z.toml:10:1: b: 3rd",
                          "a.toml:1:1: a: 4th", "--config x=1:1:1: x: 5th", "nowhere: last"));
}

TEST(Problems, KeepOnlyTheFirstOfAKey) {
  Problems problems;
  problems.add("a", "first");
  problems.add("a", "second");
  problems.section("a", nullptr).add("", "third");

  EXPECT_THAT(to_strings(problems.all()), ElementsAre("a: first"));
}

TEST(Problems, AreLocatedWhereTheirKeyIsWritten) {
  const Value root = parse_toml("[regime]\nsteps = [1, 2]\n", "a.toml", "/");
  Problems problems;
  const Problems regime = problems.section("regime", find_path(root, "regime"));

  Problems(regime).add("steps", "is wrong");
  Problems(regime).add("steps[1]", "is wrong too");
  Problems(regime).add("left_out", "is missed");
  Problems(regime).add("", "is odd");

  EXPECT_THAT(to_strings(problems.all()),
              ElementsAre("a.toml:1:2: regime.left_out: is missed", "a.toml:1:2: regime: is odd",
                          "a.toml:2:1: regime.steps: is wrong",
                          "a.toml:2:13: regime.steps[1]: is wrong too"));
}

TEST(Problems, KnowWhetherAKeyOrAnythingBelowItHasOne) {
  Problems problems;
  problems.add("regime.betas[1]", "is wrong");
  problems.add("data", "is wrong");

  EXPECT_TRUE(problems.any());
  EXPECT_TRUE(problems.any("regime"));
  EXPECT_TRUE(problems.any("regime.betas"));
  EXPECT_TRUE(problems.any("data"));
  EXPECT_FALSE(problems.any("regime.beta"));
  EXPECT_FALSE(problems.any("data.files"));
  EXPECT_TRUE(problems.section("regime", nullptr).any("betas"));
  EXPECT_FALSE(problems.section("optimizer", nullptr).any());
}

TEST(Problems, KeepWarningsApart) {
  Problems problems;
  problems.warn("regime.compile", "is ignored: there is nothing to compile");

  EXPECT_THAT(to_strings(problems.warnings()),
              ElementsAre("regime.compile: is ignored: there is nothing to compile"));
  EXPECT_THAT(problems.all(), IsEmpty());
}

}  // namespace
}  // namespace roux::config
