#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// tools/check/installed builds what comes out, and runs it.
TEST(DriverNew, WritesARecipeUnderItsOwnName) {
  const DriverWorld world;

  const Finished finished = world.roux({"new", "deep/my_2nd-recipe/"});

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("build/bin/my_2nd-recipe-train --explain"));
  EXPECT_THAT(world.read("deep/my_2nd-recipe/CMakeLists.txt"),
              AllOf(HasSubstr("project(my_2nd-recipe "), HasSubstr("(my_2nd-recipe/train\n"),
                    HasSubstr("PROGRAM my_2nd-recipe-train\n")));
  EXPECT_THAT(world.read("deep/my_2nd-recipe/main.cpp"),
              HasSubstr("train_main<My2ndRecipeRecipe>"));
  EXPECT_THAT(world.read("deep/my_2nd-recipe/.gitignore"), HasSubstr("/build/"));
}

TEST(DriverNew, LeavesNoTraceOfTheSkeletonsName) {
  const DriverWorld world;
  world.roux({"new", "mine"});

  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(world.folder() / "mine")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), Not(HasSubstr("keleton"))) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 12U);
}

TEST(DriverNew, ReplacesEachNameOnceAlsoByOneThatHoldsIt) {
  const DriverWorld world;
  world.roux({"new", "mine", "--name", "askeleton"});

  EXPECT_THAT(world.read("mine/main.cpp"), HasSubstr("train_main<AskeletonRecipe>"));
  EXPECT_THAT(world.read("mine/CMakeLists.txt"), HasSubstr("project(askeleton "));
}

TEST(DriverNew, RefusesAPathThatIsThere) {
  const DriverWorld world;
  world.write("mine/precious", "");

  const Finished finished = world.roux({"new", "mine"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("/mine is there already\n"));
  EXPECT_FALSE(fs::exists(world.folder() / "mine/main.cpp"));
}

TEST(DriverNew, RefusesAnEmptyPath) {
  const DriverWorld world;

  for (const char* name : {"--name=mine", "--"}) {
    const Finished finished = world.roux({"new", "", name});
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_EQ(finished.err, "roux: new: PATH must not be empty\n");
  }
}

TEST(DriverNew, RefusesANameThatIsNoneInCpp) {
  const DriverWorld world;

  for (const char* name : {"2nd", "-x", "my recipe", "a/b", "caf\xC3\xA9", ""}) {
    const Finished finished = world.roux({"new", "mine", cat("--name=", name)});
    EXPECT_EQ(finished.exit_code, 2) << name;
    EXPECT_THAT(finished.err, HasSubstr(cat("a letter first, but is \"", name, "\"")));
  }
  EXPECT_FALSE(fs::exists(world.folder() / "mine"));
}

// ---- The skeleton itself, built under its own name ----

TEST(DriverNewTrainer, EndsARunThatDivergesAndKeepsItsLastCheckpoint) {
  const DriverWorld world;
  const fs::path program = DriverWorld::driver().parent_path() / "skeleton-train";

  const Finished finished = world.roux(
      {program.string(), "out", "--config", "regime.lr=10", "regime.checkpoint_every_n_steps=10"});

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err,
              HasSubstr("the height is inf after step 78: a regime.lr smaller than 10 may help"));
  EXPECT_THAT(world.read("out/checkpoint.toml"),
              AllOf(HasSubstr("step = 70\n"), Not(HasSubstr("inf")), Not(HasSubstr("nan"))));
}

}  // namespace
}  // namespace roux
