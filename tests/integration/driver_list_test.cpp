#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "driver_world.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(Driver, SaysWhatThereIsWhenAskedNothing) {
  const DriverWorld world;

  const Finished alone = world.roux({});

  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_THAT(alone.out,
              AllOf(HasSubstr("usage: roux VERB"),
                    HasSubstr("\n  ls           lists the recipes and their presets\n")));
  EXPECT_EQ(world.roux({"help"}).out, alone.out);
  EXPECT_EQ(world.roux({"--help"}).out, alone.out);
}

TEST(Driver, ExplainsOneVerb) {
  const DriverWorld world;

  const Finished finished = world.roux({"help", "cp"});

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_THAT(finished.out,
              AllOf(HasSubstr("usage: roux cp RECIPE[/PRESET] FILE"), HasSubstr("--force")));
  EXPECT_EQ(world.roux({"cp", "--help"}).out, finished.out);
  EXPECT_EQ(world.roux({"help", "copy"}).exit_code, 2);
}

TEST(Driver, TellsItsVersion) {
  EXPECT_THAT(DriverWorld().roux({"--version"}).out, MatchesRegex("roux [0-9.]+\n"));
}

TEST(Driver, NamesTheNearestVerbOrRecipeForAWordItDoesNotKnow) {
  const DriverWorld world;

  const Finished verb = world.roux({"hlep"});
  EXPECT_EQ(verb.exit_code, 2);
  EXPECT_EQ(verb.out, "");
  EXPECT_THAT(verb.err,
              HasSubstr("roux: there is no verb or recipe \"hlep\" (did you mean \"help\"?)"));

  EXPECT_THAT(world.roux({"mi/trian", "out"}).err, HasSubstr("did you mean \"mi/train\"?"));
  EXPECT_THAT(world.roux({"--verison"}).err, HasSubstr("did you mean \"--version\"?"));
}

TEST(Driver, RefusesWhatAVerbHasNoUseFor) {
  const DriverWorld world;

  const Finished option = world.roux({"ls", "--name"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_EQ(option.err, "roux: ls has no option --name (did you mean \"--names\"?)\n");
  EXPECT_EQ(world.roux({"ls", "lm"}).err, "roux: ls has no use for \"lm\"\n");
  EXPECT_EQ(world.roux({"cat"}).err, "roux: cat needs RECIPE[/PRESET] (roux help cat says more)\n");
}

TEST(Driver, SaysSoWhenItsOutputGoesNowhere) {
  const Finished finished = DriverWorld().bash("roux help > /dev/full");

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_THAT(finished.err, HasSubstr("cannot write to the standard output"));
}

// How far from the beginning of its line `text` stands.
std::size_t column_of(const std::string& text, const std::string& out) {
  const auto at = out.find(text);
  return at == std::string::npos ? at : at - (out.rfind('\n', at) + 1);
}

TEST(DriverList, AlignsRecipesAndPresetsWithOneLineEach) {
  const Finished finished = DriverWorld().roux({"ls"});

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(column_of("mi/train ", finished.out), 0U);
  EXPECT_EQ(column_of("mi/train/base\n", finished.out), 2U);
  EXPECT_EQ(column_of("mi/train/tiny ", finished.out), 2U);
  const auto column = column_of("Trains a language model\n", finished.out);
  EXPECT_NE(column, std::string::npos);
  EXPECT_EQ(column_of("A toy: done in a minute.\n", finished.out), column);
  EXPECT_EQ(column_of("Measures a language model\n", finished.out), column);
}

TEST(DriverList, GivesScriptsPlainNames) {
  const DriverWorld world;

  EXPECT_THAT(world.roux({"ls", "--names"}).out,
              HasSubstr("mi/eval\nmi/train\nmi/train/base\nmi/train/tiny\n"));
  EXPECT_THAT(world.roux({"ls", "--recipes"}).out, HasSubstr("mi/eval\nmi/train\n"));
  EXPECT_THAT(world.roux({"ls", "--programs"}).out, HasSubstr("mi-eval\nmi-train\n"));
}

TEST(DriverList, NamesAManifestItCanNotReadAndListsTheRest) {
  const DriverWorld world;
  world.write("prefix/share/roux/recipes/bad/recipe.toml", "program = 7\n");
  world.write("prefix/share/roux/recipes/worse/recipe.toml", "program = \n");

  const Finished finished = world.roux({"ls"});

  EXPECT_THAT(finished.out, HasSubstr("mi/train"));
  EXPECT_THAT(finished.err, HasSubstr("bad/recipe.toml: program must be given, as a string"));
  EXPECT_THAT(finished.err, HasSubstr("worse/recipe.toml:1"));
}

TEST(DriverList, SaysWhichOfTwoRecipesOfOneNameIsHidden) {
  const DriverWorld world;
  world.install_recipe("examples/line", "my-line", "Another one", "true");

  const Finished finished = world.roux({"ls"});

  EXPECT_THAT(finished.out, Not(HasSubstr("Another one")));
  EXPECT_THAT(finished.err, HasSubstr("bin/my-line is hidden: examples/line is "));
}

}  // namespace
}  // namespace roux
