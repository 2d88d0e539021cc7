#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "driver_world.h"
#include "roux/base/error.h"
#include "roux/base/files.h"

namespace roux {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(DriverRun, HandsEveryWordToTheRecipesProgram) {
  const DriverWorld world;

  const Finished finished = world.roux({"mi/train", "out dir", "--config", "a=1", "--help"});

  EXPECT_EQ(finished.out, "mi-train: out dir --config a=1 --help\n");
}

TEST(DriverRun, TakesAPathOfAProgramForTheRecipe) {
  const DriverWorld world;
  world.write("elsewhere", "#!/bin/sh\necho \"$0\"\n");
  std::filesystem::permissions(world.folder() / "elsewhere", std::filesystem::perms::owner_all);

  EXPECT_EQ(world.roux({"./elsewhere"}).out, "./elsewhere\n");
  EXPECT_EQ(world.roux({"./prefix/bin/mi-train", "out"}).out, "mi-train: out\n");
}

TEST(DriverRun, EndsAsTheProgramEnds) {
  const DriverWorld world;
  world.install_recipe("mi/train", "mi-train", "", "exit 7");
  EXPECT_EQ(world.roux({"mi/train"}).exit_code, 7);

  world.install_recipe("mi/train", "mi-train", "", "kill -USR1 $$");
  EXPECT_EQ(world.roux({"mi/train"}).exit_code, 128 + SIGUSR1);
}

// A driver that stayed between would have to pass signals on, and would be seen in `ps`.
TEST(DriverRun, IsTheProgramFromThenOn) {
  const DriverWorld world;
  world.install_recipe("mi/train", "mi-train", "", "echo $$");

  const Finished finished = world.bash("roux mi/train & echo $!; wait");

  const auto half = finished.out.size() / 2;
  EXPECT_EQ(finished.out.substr(0, half), finished.out.substr(half));
}

TEST(DriverRun, TellsThePresetFromTheRecipe) {
  const DriverWorld world;

  const Finished finished = world.roux({"mi/train/tiny", "out"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err,
            "roux: a recipe is needed here, but mi/train/tiny is a preset; its recipe is mi/train "
            "(--preset tiny takes the preset)\n");
}

TEST(DriverRun, SaysWhichProgramIsNotThere) {
  const DriverWorld world;
  std::filesystem::remove(world.prefix() / "bin/mi-train");

  const Finished finished = world.roux({"mi/train", "out"});

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("bin/mi-train: No such file or directory"));
}

TEST(DriverValidate, AsksTheProgramAboutFilesAndKeysInTheirOrder) {
  const DriverWorld world;

  const Finished finished = world.roux({"validate", "mi/train", "a.toml", "--config", "x=1",
                                        "del:y", "b.conf", "--preset", "tiny", "--override=z=2"});

  EXPECT_EQ(finished.out,
            "mi-train: --validate --config-file=a.toml --config=x=1 --config=del:y "
            "--config-file=b.conf --preset=tiny --override=z=2\n");
}

TEST(DriverValidate, EndsAsTheProgramEnds) {
  const DriverWorld world;
  world.install_recipe("mi/train", "mi-train", "", "exit 2");

  EXPECT_EQ(world.roux({"validate", "mi/train", "a.toml"}).exit_code, 2);
}

TEST(DriverValidate, NeedsARecipeAndAFile) {
  const DriverWorld world;

  for (const std::vector<std::string>& words : {std::vector<std::string>{"validate"},
                                                {"validate", "mi/train"},
                                                {"validate", "mi/train", "--config", "a=1"}}) {
    const Finished finished = world.roux(words);
    EXPECT_EQ(finished.exit_code, 2);
    EXPECT_THAT(finished.err, HasSubstr("FILE (roux help validate says more)"));
  }
}

TEST(DriverValidate, TellsThePresetFromTheRecipe) {
  const DriverWorld world;

  const Finished finished = world.roux({"validate", "mi/train/tiny", "a.toml"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err,
            "roux: a recipe is needed here, but mi/train/tiny is a preset; its recipe is mi/train "
            "(--preset tiny takes the preset)\n");
  EXPECT_THAT(world.roux({"validate", "./prefix/bin/mi-train/tiny", "a.toml"}).err,
              HasSubstr("its recipe is ./prefix/bin/mi-train "));
}

TEST(DriverValidate, NamesTheNearestRecipeAndNoPreset) {
  const DriverWorld world;

  EXPECT_THAT(world.roux({"validate", "mi/trian", "a.toml"}).err,
              HasSubstr("there is no recipe \"mi/trian\" (did you mean \"mi/train\"?)"));
  EXPECT_THAT(world.roux({"validate", "mi/train/tniy", "a.toml"}).err,
              Not(HasSubstr("mi/train/tiny")));
}

TEST(DriverValidate, RefusesWhatWouldDoSomethingElse) {
  const DriverWorld world;

  EXPECT_EQ(world.roux({"validate", "mi/train", "a.toml", "--dump-config"}).err,
            "roux: validate has no option --dump-config\n");
  EXPECT_EQ(world.roux({"validate", "mi/train", "--config", "a.toml"}).err,
            "roux: validate: --config needs KEY=VALUE\n");
  EXPECT_EQ(world.roux({"validate", "mi/train", "a.toml", "--preset"}).err,
            "roux: validate: --preset needs a value\n");
}

// ---- With a real recipe ----

TEST(DriverWithLine, TrainsAsTheProgramItself) {
  const DriverWorld world;

  const Finished finished = world.roux({"examples/line", "out", "--preset", "quick"});

  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(std::filesystem::exists(world.folder() / "out/checkpoint.toml"));
}

TEST(DriverWithLine, ValidatesWhatItCopied) {
  const DriverWorld world;
  ASSERT_EQ(world.roux({"cp", "examples/line", "line.toml"}).exit_code, 0);

  const Finished good = world.roux({"validate", "examples/line", "line.toml"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(good.out, "Config is well-formed!\n");

  const Finished bad = world.roux(
      {"validate", "examples/line", "line.toml", "--config", "regime.num_steps=0", "data.nois=1"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("regime.num_steps"));
  EXPECT_THAT(bad.err, HasSubstr("data.nois"));
}

TEST(DriverWithLine, ListsBeforeTheProgramsCouldHaveBegun) {
  const DriverWorld world;
  world.roux({"ls"});  // the first start reads from the disk

  auto fastest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    world.roux({"ls"});
    fastest = std::min<std::chrono::nanoseconds>(fastest, std::chrono::steady_clock::now() - begin);
  }

  EXPECT_LT(fastest, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace roux
