// `roux score`, as a user calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Score : public ::testing::Test {
 protected:
  Finished score(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), {DriverWorld::driver().string(), "score"});
    return run_process(words, {.environment = {{"HOME", folder.path().string()},
                                               {"XDG_CONFIG_HOME", ""},
                                               {"ROUX_CARDS", ""}},
                               .input = input});
  }

  static std::string llama() { return ROUX_PARITY_FIXTURES "/llama3"; }

  TemporaryFolder folder;
};

TEST_F(Score, PrintsANumberForEveryTokenButTheFirst) {
  const Finished finished = score({llama(), "--ids", "-"}, "[5, 17, 3]\n[9]\n[]\n");

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto lines = split(finished.out, '\n');
  ASSERT_THAT(lines, SizeIs(4));
  const auto first = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(first["logprobs"].size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["logprobs"].size(), 0U);
  const double sum = first["sum"].get<double>();
  EXPECT_THAT(finished.err, AllOf(HasSubstr("over 2 tokens"),
                                  HasSubstr(cat("perplexity ", std::exp(-sum / 2)).substr(0, 14))));
}

TEST_F(Score, GivesATextTheSameNumbersAloneAndAmongOthers) {
  const auto alone = score({llama(), "--ids", "-"}, "[5, 17, 3]\n").out;
  const auto among = score({llama(), "--ids", "-"}, "[1, 2, 3, 4]\n[5, 17, 3]\n").out;

  const auto one = nlohmann::json::parse(alone);
  const auto other = nlohmann::json::parse(split(among, '\n')[1]);
  EXPECT_NEAR(one["sum"].get<double>(), other["sum"].get<double>(), 1e-4);
}

TEST_F(Score, NamesTheLineOfAnIdThatTheModelDoesNotHave) {
  const Finished finished = score({llama(), "--ids", "-"}, "[1, 2]\n[1, 99999]\n");

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("standard input:2"), HasSubstr("99999")));
}

TEST_F(Score, WantsTextOrIds) {
  EXPECT_EQ(score({llama()}).exit_code, 2);
  EXPECT_EQ(score({llama(), "--ids", "a", "--text", "b"}).exit_code, 2);
}

TEST_F(Score, SaysWhereThereIsNoFolder) {
  const Finished finished = score({"/nowhere/at/all", "--ids", "-"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("there is no folder /nowhere/at/all"));
}

}  // namespace
}  // namespace roux
