#include <gtest/gtest.h>

#include <string>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "support/process.h"

namespace roux {
namespace {

// What tools/lib/common.sh asks of CMake, one line for each time, for some calls of its functions.
// This cmake keeps its cache as the real one does, and builds nothing.
std::string asked_of_cmake(const std::string& calls) {
  const TemporaryFolder folder;
  const Finished finished = run_process({"bash", "-euo", "pipefail", "-c",
                                         cat(R"(
    . )",
                                             ROUX_TOOLS, R"(/lib/common.sh
    ROOT=$PWD
    say() { :; }
    cmake() {
      echo "$*"
      mkdir -p "build/$2" && touch "build/$2/build.ninja"
      echo "${3#-D}" | sed 's/=/:BOOL=/' > "build/$2/CMakeCache.txt"
    }
    )",
                                             calls)},
                                        {.working_folder = folder.path()});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  return finished.out;
}

TEST(BuildScripts, ConfigureOnceForRunsThatAreAlike) {
  EXPECT_EQ(asked_of_cmake("configure release; configure release"),
            "--preset release -DROUX_WERROR=OFF\n");
  EXPECT_EQ(asked_of_cmake("configure release --werror; configure release --werror"),
            "--preset release -DROUX_WERROR=ON\n");
}

TEST(BuildScripts, TakeWarningsForErrorsOnlyInTheRunThatAsksForIt) {
  EXPECT_EQ(asked_of_cmake("configure release --werror; configure release"),
            "--preset release -DROUX_WERROR=ON\n"
            "--preset release -DROUX_WERROR=OFF\n");
}

TEST(BuildScripts, LeaveABuildAsItIsWhereWarningsDoNotMatter) {
  EXPECT_EQ(asked_of_cmake("configure release --werror; configure release --as-it-is"),
            "--preset release -DROUX_WERROR=ON\n");
  EXPECT_EQ(asked_of_cmake("configure release --as-it-is"), "--preset release -DROUX_WERROR=OFF\n");
}

TEST(BuildScripts, LeaveThePresetDevItsWarningsAsErrors) {
  EXPECT_EQ(asked_of_cmake("configure dev; configure dev --werror"),
            "--preset dev -DROUX_WERROR=ON\n");
}

}  // namespace
}  // namespace roux
