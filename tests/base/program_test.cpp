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

TEST(CommandLine, BeginsWithThisProgram) {
  ASSERT_FALSE(command_line().empty());
  EXPECT_THAT(command_line().front(), ::testing::EndsWith("base_tests"));
}

TEST(Version, IsThreeNumbers) {
  EXPECT_THAT(std::string(version()), ::testing::MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+"));
}

}  // namespace
}  // namespace roux
