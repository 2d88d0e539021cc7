#include "roux/config/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/example_config.h"
#include "roux/base/error.h"

namespace roux::config {
namespace {

using example::Components;
using example::Config;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::ThrowsMessage;

std::string help(std::string_view key) {
  Config config;
  config.data.weights = {{"a b", 2.0}};
  return help_text(config_type<Config>(), &config, key, Components());
}

TEST(HelpText, OfNothingListsTheSections) {
  EXPECT_EQ(help(""),
            "  title      What the run is called.\n"
            "  regime     How long to train.\n"
            "  data       What to train on.\n"
            "  optimizer  How to step.\n"
            "  more       Steps to take after that one.\n");
}

TEST(HelpText, OfASectionListsItsKeys) {
  EXPECT_EQ(help("regime"),
            "regime\n"
            "\n"
            "  How long to train.\n"
            "\n"
            "  num_steps   Optimizer steps to take; unset: until the data ends.\n"
            "  save_every  Steps between checkpoints.\n"
            "  recompute   What is computed again in the backward pass.\n"
            "  timeout     How long to wait for the others.\n"
            "  dtype       Type of the weights.\n");
}

TEST(HelpText, OfAFieldSaysItsValueTypeAndBounds) {
  EXPECT_EQ(help("regime.num_steps"),
            "regime.num_steps = \"none\"\n"
            "\n"
            "  Optimizer steps to take; unset: until the data ends.\n"
            "\n"
            "  Is an integer, or \"none\"; at least 1.\n");
  EXPECT_EQ(help("optimizer.config.betas"),
            "optimizer.config.betas = [0.9, 0.999]\n"
            "\n"
            "  Decay of the means.\n"
            "\n"
            "  Is an array of 2; at least 0 and less than 1.\n");
  EXPECT_EQ(help("data.weights.\"a b\""),
            "data.weights.\"a b\" = 2.0\n"
            "\n"
            "  Is a number.\n");
}

TEST(HelpText, SaysWhatNeedsToBeSpecified) {
  struct Strict {
    std::string name;
    static void describe(Fields<Strict>& field) {
      field("name", &Strict::name, "A name.").required();
    }
  };
  const Strict strict;

  EXPECT_EQ(help_text(config_type<Strict>(), &strict, "name", NoCatalog()),
            "name = \"\"\n"
            "\n"
            "  A name.\n"
            "\n"
            "  Is a string; needs to be specified.\n");
}

TEST(HelpText, OfAnEnumSaysWhatItsValuesMean) {
  EXPECT_EQ(help("regime.recompute"),
            "regime.recompute = \"off\"\n"
            "\n"
            "  What is computed again in the backward pass.\n"
            "\n"
            "  Is one of off, layerwise.\n"
            "\n"
            "  off        Everything is kept.\n"
            "  layerwise  Only the input of each layer is kept.\n");
}

TEST(HelpText, OfAChoiceListsTheComponents) {
  EXPECT_EQ(help("optimizer"),
            "optimizer\n"
            "\n"
            "  How to step.\n"
            "\n"
            "  optimizer.name is one of these; their settings stand in [optimizer.config]:\n"
            "\n"
            "  adamw  lr, betas, groups\n"
            "  sgd    lr, momentum\n");
  EXPECT_EQ(help("optimizer.name"),
            "optimizer.name = \"adamw\"\n"
            "\n"
            "  Is one of adamw, sgd.\n");
}

TEST(HelpText, OfAnUnsetSectionStillListsItsKeys) {
  EXPECT_EQ(help("data.split"),
            "data.split = \"none\"\n"
            "\n"
            "  What is held back for validation.\n"
            "\n"
            "  Is a table, or \"none\".\n"
            "\n"
            "  share    Part of the data that is held back.\n"
            "  shuffle  Mix before splitting.\n");
  EXPECT_EQ(help("data.split.share"),
            "data.split.share\n"
            "\n"
            "  Part of the data that is held back.\n"
            "\n"
            "  Is a number; more than 0 and less than 1.\n");
}

TEST(HelpText, OfAKeyThatDoesNotExistNamesTheNearest) {
  EXPECT_THAT([] { help("regime.num_step"); },
              ThrowsMessage<ConfigError>(
                  "regime.num_step: unknown key (did you mean \"regime.num_steps\"?)"));
  EXPECT_THAT(
      [] { help("num_steps"); },
      ThrowsMessage<ConfigError>("num_steps: unknown key (did you mean \"regime.num_steps\"?)"));
  EXPECT_THAT([] { help("optimizer.config.momentum"); },
              ThrowsMessage<ConfigError>("optimizer.config.momentum: unknown key"));
  EXPECT_THAT([] { help("a..b"); }, ThrowsMessage<ConfigError>("the key a..b has an empty part"));
}

TEST(AllKeys, AreThoseThatADumpHas) {
  const Config config;

  const auto keys = all_keys(config_type<Config>(), &config, Components());

  EXPECT_THAT(keys, Contains("title"));
  EXPECT_THAT(keys, Contains("regime.num_steps"));
  EXPECT_THAT(keys, Contains("optimizer.config.betas"));
  EXPECT_THAT(keys, Not(Contains("optimizer.config.momentum")));
  EXPECT_EQ(keys.front(), "title");
}

}  // namespace
}  // namespace roux::config
