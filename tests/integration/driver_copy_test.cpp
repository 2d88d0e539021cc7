#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "driver_world.h"
#include "roux/base/error.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

constexpr std::string_view kTiny = "# A toy: done in a minute.\na = 1\n";

TEST(DriverCopy, WritesAPresetWithItsComments) {
  const DriverWorld world;

  const Finished finished = world.roux({"cp", "mi/train/tiny", "mine.toml"});

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.out + finished.err, "");
  EXPECT_EQ(world.read("mine.toml"), kTiny);
}

TEST(DriverCopy, WritesWhatTheProgramDumpsForARecipeAlone) {
  const DriverWorld world;

  world.roux({"cp", "mi/train", "mine.toml"});

  EXPECT_EQ(world.read("mine.toml"), "mi-train: --dump-config\n");
}

TEST(DriverCopy, PrintsToADash) {
  const DriverWorld world;

  EXPECT_EQ(world.roux({"cp", "mi/train/tiny", "-"}).out, kTiny);
  EXPECT_EQ(world.roux({"cp", "mi/train", "-"}).out, "mi-train: --dump-config\n");
}

TEST(DriverCopy, OverwritesOnlyWhenForced) {
  const DriverWorld world;
  world.write("mine.toml", "precious\n");

  const Finished finished = world.roux({"cp", "mi/train/tiny", "mine.toml"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err, "roux: mine.toml is there already (--force replaces it)\n");
  EXPECT_EQ(world.read("mine.toml"), "precious\n");
  EXPECT_EQ(world.roux({"cp", "mi/train/tiny", "mine.toml", "--force"}).exit_code, 0);
  EXPECT_EQ(world.read("mine.toml"), kTiny);
}

TEST(DriverCopy, TakesALinkThatLeadsNowhereForAFile) {
  const DriverWorld world;
  fs::create_symlink("nowhere", world.folder() / "mine.toml");

  EXPECT_EQ(world.roux({"cp", "mi/train/tiny", "mine.toml"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(world.folder() / "nowhere"));
}

TEST(DriverCopy, AsksForTheFileWhereAFolderIsNamed) {
  const DriverWorld world;
  fs::create_directory(world.folder() / "configs");

  const Finished finished = world.roux({"cp", "mi/train/tiny", "configs", "--force"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err, "roux: configs is a folder; name the file: configs/tiny.toml\n");
}

TEST(DriverCopy, RefusesAnEmptyName) {
  const DriverWorld world;

  const Finished finished = world.roux({"cp", "mi/train/tiny", "", "--force"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err, "roux: cp: FILE must not be empty\n");
}

TEST(DriverCopy, NeverReplacesADevice) {
  const DriverWorld world;
  ASSERT_EQ(world.bash("mkfifo pipe").exit_code, 0);

  const Finished finished = world.roux({"cp", "mi/train/tiny", "pipe", "--force"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("pipe is no ordinary file"));
  EXPECT_TRUE(fs::is_fifo(world.folder() / "pipe"));
}

TEST(DriverCopy, MakesTheFolderOnlyWhenAsked) {
  const DriverWorld world;

  const Finished finished = world.roux({"cp", "mi/train/tiny", "a/b/mine.toml"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("the folder a/b is not there (--make-parents makes it)"));
  EXPECT_FALSE(fs::exists(world.folder() / "a"));
  EXPECT_EQ(world.roux({"cp", "mi/train/tiny", "a/b/mine.toml", "--make-parents"}).exit_code, 0);
  EXPECT_EQ(world.read("a/b/mine.toml"), kTiny);
}

TEST(DriverCopy, WritesNothingWhenTheProgramFails) {
  const DriverWorld world;
  world.install_recipe("mi/train", "mi-train", "", "echo half; echo reason >&2; exit 3");

  const Finished finished = world.roux({"cp", "mi/train", "mine.toml"});

  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_EQ(finished.err, "reason\n");
  EXPECT_FALSE(fs::exists(world.folder() / "mine.toml"));
}

TEST(DriverCopy, NamesTheNearestPreset) {
  const DriverWorld world;

  const Finished finished = world.roux({"cp", "mi/train/tniy", "mine.toml"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_EQ(finished.err,
            "roux: mi/train has no preset \"tniy\" (did you mean \"tiny\"?); it has base, tiny\n");
  EXPECT_THAT(world.roux({"cat", "mi/eval/tiny"}).err, HasSubstr("mi/eval has no presets"));
}

TEST(DriverCopy, SaysWhereItLookedForARecipeThatIsNotThere) {
  const DriverWorld world;

  const Finished finished = world.roux({"cat", "nowhere/at-all"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_THAT(finished.err, HasSubstr("there is no recipe \"nowhere/at-all\""));
  EXPECT_THAT(finished.err, HasSubstr((world.prefix() / "share/roux/recipes").string()));
}

TEST(DriverCat, PrintsAPresetOrAWholeConfig) {
  const DriverWorld world;

  EXPECT_EQ(world.roux({"cat", "mi/train/tiny"}).out, kTiny);
  EXPECT_EQ(world.roux({"cat", "mi/train"}).out, "mi-train: --dump-config\n");
}

TEST(DriverCat, FindsThePresetsOfAProgramThatIsNamedByItsPath) {
  const DriverWorld world;

  EXPECT_EQ(world.roux({"cat", "./prefix/bin/mi-train/tiny"}).out, kTiny);
}

}  // namespace
}  // namespace roux
