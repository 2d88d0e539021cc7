#include "roux/config/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/example_config.h"

namespace roux::config {
namespace {

using example::AdamW;
using example::Config;
using example::file;
using example::load_sources;
using example::load_words;
using example::Sgd;
using example::word;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Config load(const std::vector<ConfigSource>& sources) {
  const auto loaded = load_sources<Config>(sources);
  EXPECT_THAT(loaded.problems, IsEmpty());
  return loaded.config;
}

TEST(Layers, GoFromDefaultsOverPresetsAndFilesToTheCommandLine) {
  const auto config = load({
      file("title = \"preset\"\nregime.save_every = 1\nregime.num_steps = 10\ndata.note = \"1\""),
      file("title = \"first\"\nregime.save_every = 2\nregime.num_steps = 20"),
      file("title = \"second\"\nregime.save_every = 3"),
      word("title=word"),
  });

  EXPECT_EQ(config.title, "word");
  EXPECT_EQ(config.regime.save_every, 3);
  EXPECT_EQ(config.regime.num_steps, 20);
  EXPECT_EQ(config.data.note, "1");
  EXPECT_EQ(config.data.root, "data");
}

TEST(Layers, MergeTablesAndReplaceArrays) {
  const auto config = load({
      file("[data]\nfiles = [\"a\", \"b\"]\nweights = {a = 1, b = 2}\nextra = {x.a = 1, y = 1}"),
      file("[data]\nfiles = [\"c\"]\nweights = {b = 3}\nextra = {x.b = 2}"),
  });

  EXPECT_THAT(config.data.files, ElementsAre("c"));
  EXPECT_THAT(config.data.weights, ElementsAre(Pair("a", 1), Pair("b", 3)));
  EXPECT_EQ(to_toml(config.data.extra.value), "{x = {a = 1, b = 2}, y = 1}");
}

TEST(Layers, MergeATableGivenAsAWord) {
  const auto config =
      load({file("regime = {num_steps = 5, save_every = 5}"), word("regime={num_steps = 7}"),
            word("data.weights={a = 1}"), word("data.weights.b=2")});

  EXPECT_EQ(config.regime.num_steps, 7);
  EXPECT_EQ(config.regime.save_every, 5);
  EXPECT_THAT(config.data.weights, ElementsAre(Pair("a", 1), Pair("b", 2)));
}

TEST(Layers, PutATableOverNoneAndNoneOverATable) {
  EXPECT_EQ(load({word("data.split=none"), word("data.split.share=0.5")}).data.split->share, 0.5);
  EXPECT_EQ(load({file("data.split.share = 0.5"), word("data.split=none")}).data.split,
            std::nullopt);
  EXPECT_TRUE(load({file("data.split = {}")}).data.split->shuffle);
}

TEST(Layers, DropTheSettingsOfAComponentThatIsNoLongerChosen) {
  const auto config =
      load({file("[optimizer.config]\nbetas = [0.5, 0.5]"), word("optimizer.name=sgd")});

  EXPECT_EQ(config.optimizer.config_as<Sgd>()->lr, 0.1);
}

TEST(Layers, KeepTheSettingsOfAComponentThatIsChosenAgain) {
  for (const char* again :
       {"optimizer.name=adamw", "optimizer.name=\"adamw\"", "optimizer={name = \"adamw\"}"}) {
    const auto config = load({file("[optimizer.config]\nlr = 0.5"), word(again)});
    EXPECT_EQ(config.optimizer.config_as<AdamW>()->lr, 0.5) << again;
  }
}

TEST(Layers, SetTheComponentAndItsSettingsInAnyOrderOfAFile) {
  const auto config = load({file("optimizer = {config = {momentum = 0.9}, name = \"sgd\"}")});

  EXPECT_EQ(config.optimizer.config_as<Sgd>()->momentum, 0.9);
}

TEST(Layers, OverrideTheSettingsOfWhatAnEarlierLayerChose) {
  const auto config = load({file("[optimizer]\nname = \"sgd\"\nconfig.lr = 0.5"),
                            word("optimizer.config.momentum=0.9")});

  EXPECT_EQ(config.optimizer.config_as<Sgd>()->lr, 0.5);
  EXPECT_EQ(config.optimizer.config_as<Sgd>()->momentum, 0.9);
}

TEST(Layers, GiveADefaultBackForWhatIsDeleted) {
  EXPECT_EQ(load({file("regime.save_every = 5"), word("del:regime.save_every")}).regime.save_every,
            1000);
  EXPECT_EQ(load({file("regime.num_steps = 5000"), word("del:regime")}).regime.num_steps,
            std::nullopt);
  // A component's own default, and not what the recipe chose for it.
  EXPECT_EQ(load({word("del:optimizer.config.lr")}).optimizer.config_as<AdamW>()->lr, 1e-3);
  EXPECT_EQ(load({file("optimizer.name = \"sgd\""), word("del:optimizer")}).optimizer.name,
            "adamw");
}

TEST(Layers, RemoveAKeyOfAMap) {
  const auto config = load({file("data.weights = {a = 1, \"b.c\" = 2}"), word("del:data.weights.a"),
                            word("del:data.extra")});

  EXPECT_THAT(config.data.weights, ElementsAre(Pair("b.c", 2)));
  EXPECT_THAT(
      load({file("data.weights = {\"b.c\" = 2}"), word("del:data.weights.\"b.c\"")}).data.weights,
      IsEmpty());
}

TEST(Layers, DeleteWhatIsKnownButWasNotGiven) {
  EXPECT_THAT(load_words({"del:data.split.share", "del:data.weights.a"}).problems, IsEmpty());
}

TEST(Layers, SayThatThereIsNothingToDelete) {
  EXPECT_THAT(
      load_words({"del:regime.steps", "del:nothing", "del:optimizer.config.momentum",
                  "del:data.\"x y\".z"})
          .problems,
      ElementsAre("--config del:regime.steps: regime.steps: unknown key, nothing to remove",
                  "--config del:nothing: nothing: unknown key, nothing to remove",
                  "--config del:optimizer.config.momentum: optimizer.config.momentum: unknown "
                  "key, nothing to remove",
                  "--config del:data.\"x y\".z: data.\"x y\".z: unknown key, nothing to "
                  "remove"));
}

TEST(Layers, ReplaceATableThatIsSet) {
  const auto config = load({file("data.weights = {a = 1}\ndata.extra = {a = 1}"),
                            word("set:data.weights={b = 2}"), word("set:data.extra.c=3")});

  EXPECT_THAT(config.data.weights, ElementsAre(Pair("b", 2)));
  EXPECT_EQ(to_toml(config.data.extra.value), "{a = 1, c = 3}");
  EXPECT_EQ(load({word("set:regime.save_every=7")}).regime.save_every, 7);
}

TEST(Layers, SplitAWordAtTheFirstEqualsSign) {
  EXPECT_EQ(load({word("title=a=b")}).title, "a=b");
  EXPECT_EQ(load({word(" title = a b ")}).title, "a b");
  EXPECT_THAT(load({word("data.weights.\"a=b\"=1")}).data.weights, ElementsAre(Pair("a=b", 1)));
  EXPECT_EQ(override_key("a.b=1=2"), "a.b");
  EXPECT_EQ(override_key("set:a.'x=y'=1"), "a.'x=y'");
  EXPECT_EQ(override_key("del:a.b"), "a.b");
}

TEST(Layers, RefuseAWordThatIsNoOverride) {
  EXPECT_THAT(
      load_words({"title", "=1", "a..b=1", "set:title", "del:", "a.\"b=1"}).problems,
      ElementsAre("--config title: must be KEY=VALUE or del:KEY", "--config =1: the key is empty",
                  "--config a..b=1: the key a..b has an empty part",
                  "--config set:title: must be KEY=VALUE or del:KEY",
                  "--config del:: the key is empty",
                  "--config a.\"b=1: must be KEY=VALUE or del:KEY"));
}

TEST(Layers, NameTheOptionThatAWordCameAfter) {
  ConfigSource source = word("regime.save_every=0");
  source.option = "--override";

  EXPECT_THAT(
      load_sources<Config>({source}).problems,
      ElementsAre("--override regime.save_every=0: regime.save_every: must be at least 1, but "
                  "is 0"));
}

TEST(Layers, KeepALongOrStrangeWordReadable) {
  EXPECT_THAT(
      load_words({"regime.save_every=\n\x1B"}).problems,
      ElementsAre("--config \"regime.save_every=\\n\\u001B\": regime.save_every: must be an "
                  "integer, but is \"\\u001B\""));
  EXPECT_THAT(load_words({"del:\"a\nb"}).problems,
              ElementsAre("--config \"del:\\\"a\\nb\": the key \"\\\"a\\nb\" has a quote that is "
                          "never closed"));
}

}  // namespace
}  // namespace roux::config
