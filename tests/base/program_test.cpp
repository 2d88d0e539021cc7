#include "roux/base/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/version.h"

namespace roux {
namespace {

TEST(ExecutablePath, IsWhereThisProgramLies) {
  EXPECT_TRUE(executable_path().is_absolute());
  EXPECT_EQ(executable_path().filename(), "base_tests");
}

TEST(CommandLine, BeginsWithThisProgramAndEndsWithItsLastArgument) {
  const std::vector<std::string> arguments = command_line();

  ASSERT_FALSE(arguments.empty());
  EXPECT_THAT(arguments.front(), ::testing::EndsWith("base_tests"));
  EXPECT_NE(arguments.back(), "");
}

TEST(Version, IsThreeNumbers) {
  EXPECT_THAT(std::string(version()), ::testing::MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+"));
}

}  // namespace
}  // namespace roux
