#include "roux/config/dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/random_config.h"

namespace roux::config {
namespace {

using example::Components;
using example::Config;
using example::file;
using example::load_file;
using example::Optimizer;
using example::RandomConfig;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string dump(const Config& config) {
  return dump_toml(config_type<Config>(), &config, Components());
}

TEST(DumpToml, SaysEverythingAboutAConfig) {
  const auto loaded = load_file(R"(
      title = "a \"title\""
      [regime]
      num_steps = 5000
      timeout = 90
      [data]
      files = ["a", "b"]
      note = "$${x}"
      weights = {a = 1, "b c" = 0.25}
      temperature = [1, 0.5]
      split.share = 0.25
      extra = {a = [1, {b = 2}], c.d = "x", day = 1979-05-27}
      [optimizer.config]
      betas = [0.9, 0.95]
      [[optimizer.config.groups]]
      params = ["norm.*"]
      [[optimizer.config.groups]]
      params = ["bias"]
      lr = 1e-8
      [[more]]
      name = "sgd"
  )");
  ASSERT_THAT(loaded.problems, IsEmpty());

  EXPECT_EQ(dump(loaded.config), R"(# What the run is called.
title = "a \"title\""
# Steps to take after that one.
more = [
  {name = "sgd", config = {lr = 0.1, momentum = 0.0}},
]

# How long to train.
[regime]
# Optimizer steps to take; unset: until the data ends. At least 1.
num_steps = 5000
# Steps between checkpoints. At least 1.
save_every = 1000
# What is computed again in the backward pass. One of off, layerwise.
recompute = "off"
# How long to wait for the others. At least 1s.
timeout = "1h30min"
# Type of the weights. One of float32, bfloat16.
dtype = "float32"

# What to train on.
[data]
# Folder of the files.
root = "data"
# Files to read, in order.
files = ["a", "b"]
# Bytes to read ahead.
buffer = "64MiB"
# One for all files, or one for each. More than 0.
temperature = [1.0, 0.5]
# A remark.
note = "$${x}"

# How often each file is drawn.
[data.weights]
a = 1.0
"b c" = 0.25

# What is held back for validation.
[data.split]
# Part of the data that is held back. More than 0 and less than 1.
share = 0.25
# Mix before splitting.
shuffle = true

# Settings of the reader.
[data.extra]
a = [1, {b = 2}]
day = 1979-05-27

[data.extra.c]
d = "x"

# How to step.
[optimizer]
# One of adamw, sgd.
name = "adamw"

[optimizer.config]
# Learning rate. At least 0.
lr = 0.0003
# Decay of the means. At least 0 and less than 1.
betas = [0.9, 0.95]
# Parameters with settings of their own.
groups = [
  {params = ["norm.*"], lr = "none"},
  {params = ["bias"], lr = 1e-08},
]
)");
}

TEST(DumpToml, WritesWhatIsUnsetAsNone) {
  const auto text = dump(Config());

  EXPECT_THAT(text, HasSubstr("num_steps = \"none\"\n"));
  EXPECT_THAT(text, HasSubstr("split = \"none\"\n"));
}

TEST(DumpToml, FillsInTheSettingsOfAComponentThatHasNone) {
  Config config;
  config.optimizer = Choice<Optimizer>("sgd");

  EXPECT_THAT(dump(config),
              HasSubstr("[optimizer.config]\n# Learning rate. At least 0.\nlr = 0.1\n"));
}

TEST(DumpToml, BreaksLongDocsIntoLines) {
  struct Long {
    bool flag = false;
    static void describe(Fields<Long>& field) {
      std::string doc = "First";
      for (int i = 0; i < 30; ++i) doc += " words";
      field("flag", &Long::flag, doc + ".\nA line of its own.");
    }
  };

  EXPECT_EQ(dump_as(Long()),
            "# First words words words words words words words words words words words words words "
            "words words\n"
            "# words words words words words words words words words words words words words words "
            "words.\n"
            "# A line of its own.\n"
            "flag = false\n");
}

TEST(DumpToml, GivesTheSameTextAgainForAnyConfig) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const Config config = RandomConfig(seed).config();
    const auto first = dump(config);

    const auto loaded = load_file(first);

    ASSERT_THAT(loaded.problems, IsEmpty()) << "seed " << seed << "\n" << first;
    ASSERT_EQ(dump(loaded.config), first) << "seed " << seed;
    ASSERT_EQ(loaded.config.title, config.title) << "seed " << seed;
    ASSERT_EQ(loaded.config.data.weights, config.data.weights) << "seed " << seed;
    ASSERT_EQ(loaded.config.data.temperature, config.data.temperature) << "seed " << seed;
    ASSERT_EQ(loaded.config.data.buffer, config.data.buffer) << "seed " << seed;
    ASSERT_EQ(loaded.config.regime.timeout, config.regime.timeout) << "seed " << seed;
  }
}

TEST(DumpToml, KeepsEveryCharacterOfAText) {
  Config config;
  for (int c = 1; c < 0x80; ++c) config.title += static_cast<char>(c);
  config.title += "ä€😀 ${x} $${y} \"\"\" '''";
  config.data.root = config.title;
  config.data.files = {config.title};
  config.data.weights = {{config.title, 1.0}};

  const auto loaded = load_file(dump(config));

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.title, config.title);
  EXPECT_EQ(loaded.config.data.root, config.title);
  EXPECT_EQ(loaded.config.data.files, config.data.files);
  EXPECT_EQ(loaded.config.data.weights, config.data.weights);
}

}  // namespace
}  // namespace roux::config
