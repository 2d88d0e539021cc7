#include "roux/config/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/example_config.h"

namespace roux::config {
namespace {

using example::AdamW;
using example::file;
using example::load_file;
using example::load_sources;
using example::load_words;
using example::Optimizer;
using example::Sgd;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A kind of which nothing is registered.
class Scheduler;

struct Lonely {
  Choice<Scheduler> scheduler;

  static void describe(Fields<Lonely>& field) {
    field("scheduler", &Lonely::scheduler, "How the rate falls.");
  }
};

TEST(Choice, HasTheSettingsOfWhatItChose) {
  const auto loaded = load_file("[optimizer]\nname = \"sgd\"\nconfig = {momentum = 0.9}");

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.optimizer.name, "sgd");
  EXPECT_EQ(loaded.config.optimizer.config_as<Sgd>()->momentum, 0.9);
  EXPECT_EQ(loaded.config.optimizer.config_as<Sgd>()->lr, 0.1);
  EXPECT_EQ(loaded.config.optimizer.config_as<AdamW>(), nullptr);
}

TEST(Choice, KeepsWhatTheRecipeChoseWhereNothingIsSaid) {
  const auto loaded = load_file("");

  EXPECT_EQ(loaded.config.optimizer.name, "adamw");
  EXPECT_EQ(loaded.config.optimizer.config_as<AdamW>()->lr, 3e-4);
}

TEST(Choice, HasDefaultSettingsWhereNoneAreGiven) {
  const auto loaded = load_file("more = [{name = \"sgd\"}, {name = \"adamw\", config = {lr = 1}}]");

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.more[0].config_as<Sgd>()->lr, 0.1);
  EXPECT_EQ(loaded.config.more[1].config_as<AdamW>()->lr, 1.0);
}

TEST(Choice, RefusesANameThatNothingHas) {
  EXPECT_THAT(load_file("[optimizer]\nname = \"sdg\"").problems,
              ElementsAre("a.toml:2:8: optimizer.name: must be one of adamw, sgd, but is \"sdg\" "
                          "(did you mean \"sgd\"?)"));
  EXPECT_THAT(
      load_words({"optimizer.name=7"}).problems,
      ElementsAre("--config optimizer.name=7: optimizer.name: must be one of adamw, sgd, but "
                  "is \"7\""));
  EXPECT_THAT(load_file("optimizer.name = \"a\\nb\"").problems,
              ElementsAre("a.toml:1:18: optimizer.name: must be one of adamw, sgd, but is "
                          "\"a\\nb\""));
  EXPECT_THAT(load_file("more = [{name = 7}]").problems,
              ElementsAre("a.toml:1:17: more[0].name: must be a string, but is 7"));
}

TEST(Choice, NeedsAName) {
  EXPECT_THAT(load_file("[optimizer]\nname = \"\"").problems,
              ElementsAre("a.toml:2:1: optimizer.name needs to be specified"));
  EXPECT_THAT(load_file("\nmore = [{config = {lr = 1}}]").problems,
              ElementsAre("a.toml:2:9: more[0].name needs to be specified"));
}

TEST(Choice, SaysThatNothingIsRegistered) {
  EXPECT_THAT(load_sources<Lonely>({file("scheduler.name = \"cosine\"")}).problems,
              ElementsAre(StartsWith("a.toml:1:18: scheduler.name: ")));
}

TEST(Choice, SaysWhereSettingsBelong) {
  EXPECT_THAT(load_file("[optimizer]\nlr = 0.1\nconifg = {}").problems,
              ElementsAre("a.toml:2:1: optimizer.lr: unknown key: a component's own settings stand "
                          "under \"config\"",
                          "a.toml:3:1: optimizer.conifg: unknown key: a component's own settings "
                          "stand under \"config\" (did you mean \"config\"?)"));
}

TEST(Choice, ChecksTheSettings) {
  EXPECT_THAT(
      load_file("[optimizer.config]\nlr = -1\nbetas = [0.9, 1]\nmomentum = 1\n").problems,
      ElementsAre("a.toml:2:6: optimizer.config.lr: must be at least 0, but is -1",
                  "a.toml:3:15: optimizer.config.betas[1]: must be at least 0 and less than "
                  "1, but is 1",
                  "a.toml:4:1: optimizer.config.momentum: unknown key"));
  EXPECT_THAT(load_file("[[optimizer.config.groups]]\nlr = 1\n").problems,
              ElementsAre("a.toml:1:1: optimizer.config.groups[0].params needs to be specified"));
}

TEST(Choice, MustBeATable) {
  EXPECT_THAT(load_file("optimizer = \"sgd\"").problems,
              ElementsAre("a.toml:1:13: optimizer: must be a table of name and config, but is the "
                          "string \"sgd\""));
}

}  // namespace
}  // namespace roux::config
