#include "recipe/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "recipe");
  return parse_options(static_cast<int>(words.size()), words.data());
}

std::vector<std::string> words_of(const Options& options) {
  std::vector<std::string> words;
  for (const auto& [option, word] : options.overrides) words.push_back(option + " " + word);
  return words;
}

TEST(Options, TakesTheFolderWhereverItStands) {
  EXPECT_EQ(parse({"out"}).output_dir, "out");
  EXPECT_EQ(parse({"out", "--config", "a=1"}).output_dir, "out");
  EXPECT_EQ(parse({"--config", "a=1", "out"}).output_dir, "out");
  EXPECT_EQ(parse({"--config-file", "a.toml", "out"}).output_dir, "out");
  EXPECT_EQ(parse({"--preset", "quick", "out"}).output_dir, "out");
}

TEST(Options, TakesSeveralValuesAfterConfigAndOverride) {
  const auto options =
      parse({"--config", "a=1", "b.c=2", "del:d", "out", "--override", "a=3", "e="});

  EXPECT_THAT(words_of(options), ElementsAre("--config a=1", "--config b.c=2", "--config del:d",
                                             "--override a=3", "--override e="));
  EXPECT_EQ(options.output_dir, "out");
}

TEST(Options, TakesAnEqualsSignAsPartOfTheValue) {
  EXPECT_THAT(words_of(parse({"--config=a=b=c", "out"})), ElementsAre("--config a=b=c"));
  EXPECT_THAT(words_of(parse({"--config", "a=b=c", "out"})), ElementsAre("--config a=b=c"));
}

TEST(Options, TakesValuesThatBeginWithADash) {
  EXPECT_THAT(words_of(parse({"--config", "a=-1", "b=--x", "out"})),
              ElementsAre("--config a=-1", "--config b=--x"));
}

TEST(Options, TakesSeveralConfigFilesInTheirOrder) {
  const auto options =
      parse({"--config-file", "a.toml", "b.toml", "out", "--config-file", "plain"});

  EXPECT_THAT(options.config_files, ElementsAre("a.toml", "b.toml", "plain"));
  EXPECT_EQ(options.output_dir, "out");
}

TEST(Options, TakesWhatFollowsTwoDashesAsTheFolder) {
  const auto options = parse({"--config", "a=1", "--", "b=2"});

  EXPECT_THAT(words_of(options), ElementsAre("--config a=1"));
  EXPECT_EQ(options.output_dir, "b=2");
}

TEST(Options, KnowsEachQuestion) {
  EXPECT_EQ(parse({"out"}).ask, Ask::Run);
  EXPECT_EQ(parse({"out", "--dry-run"}).ask, Ask::DryRun);
  EXPECT_EQ(parse({"--dump-config"}).ask, Ask::DumpConfig);
  EXPECT_EQ(parse({"--dump-schema"}).ask, Ask::DumpSchema);
  EXPECT_EQ(parse({"--explain"}).ask, Ask::Explain);
  EXPECT_EQ(parse({"--explain=dot"}).ask, Ask::ExplainDot);
  EXPECT_EQ(parse({"--list-presets"}).ask, Ask::ListPresets);
  EXPECT_EQ(parse({"--list-keys"}).ask, Ask::ListKeys);
  EXPECT_EQ(parse({"--validate"}).ask, Ask::Validate);
  EXPECT_EQ(parse({"--version"}).ask, Ask::Version);
  EXPECT_EQ(parse({"--help"}).ask, Ask::Help);
}

TEST(Options, TakesTheFolderAfterAQuestion) {
  EXPECT_EQ(parse({"--explain", "out"}).ask, Ask::Explain);
  EXPECT_EQ(parse({"--explain", "out"}).output_dir, "out");
  EXPECT_EQ(parse({"--dump-config", "out"}).output_dir, "out");
}

TEST(Options, AnswersOneQuestionAtATime) {
  EXPECT_THAT(
      [] {
        parse({"--dump-config", "--dump-schema"});
      },
      ThrowsMessage<ConfigError>("--dump-schema and --dump-config can't be asked for at once"));
}

TEST(Options, TakesTheKeyAfterHelp) {
  EXPECT_EQ(parse({"-h"}).ask, Ask::Help);
  EXPECT_EQ(parse({"--help", "--preset", "quick", "regime"}).help_key, "regime");
  EXPECT_THAT(parse({"--help"}).help_key, IsEmpty());
  EXPECT_EQ(parse({"--help", "regime.num_steps"}).help_key, "regime.num_steps");
  EXPECT_EQ(parse({"--help=regime"}).help_key, "regime");
}

TEST(Options, DoesNotGuessShortenedOptions) {
  EXPECT_THAT(
      [] {
        parse({"--conf", "a=1", "out"});
      },
      ThrowsMessage<ConfigError>("unknown option --conf (did you mean \"--config\"?)"));
  EXPECT_THAT([] { parse({"--dump"}); }, ThrowsMessage<ConfigError>(HasSubstr("--dump")));
}

TEST(Options, RefusesWhatItCannotMean) {
  EXPECT_THAT([] { parse({}); }, ThrowsMessage<ConfigError>("OUTPUT_DIR needs to be specified"));
  EXPECT_THAT([] { parse({""}); }, ThrowsMessage<ConfigError>("OUTPUT_DIR must not be empty"));
  EXPECT_THAT(
      [] {
        parse({"a", "b"});
      },
      ThrowsMessage<ConfigError>("there is one OUTPUT_DIR, but got a, b"));
  EXPECT_THAT(
      [] {
        parse({"--config", "out"});
      },
      ThrowsMessage<ConfigError>("--config needs KEY=VALUE, but got out"));
  EXPECT_THAT(
      [] {
        parse({"out", "--config", "--dump-config"});
      },
      ThrowsMessage<ConfigError>("--config needs KEY=VALUE, but got --dump-config"));
  EXPECT_THAT(
      [] {
        parse({"out", "--override"});
      },
      ThrowsMessage<ConfigError>("--override needs KEY=VALUE"));
  EXPECT_THAT(
      [] {
        parse({"out", "--config-file"});
      },
      ThrowsMessage<ConfigError>("--config-file needs a FILE"));
  EXPECT_THAT(
      [] {
        parse({"out", "--explain=svg"});
      },
      ThrowsMessage<ConfigError>("--explain must be text or dot, but is svg"));
}

TEST(Options, NamesEveryOptionInItsHelp) {
  const auto help = options_help();

  for (const char* option : {"--preset", "--config-file", "--config", "--override", "--dump-config",
                             "--dump-schema", "--explain", "--validate", "--dry-run",
                             "--list-presets", "--list-keys", "--help", "--version"}) {
    EXPECT_THAT(help, HasSubstr(option));
  }
}

TEST(Options, TakesARecipesShortcutsInTheOrderInWhichTheyAreTyped) {
  const std::vector<Shortcut> shortcuts{{"--chat", "generator.chat=true", "talk"}};
  const auto parse_with = [&](std::vector<const char*> words) {
    words.insert(words.begin(), "recipe");
    return parse_options(static_cast<int>(words.size()), words.data(), shortcuts);
  };
  EXPECT_THAT(words_of(parse_with({"out", "--config", "a=1", "--chat", "--config", "b=2"})),
              ElementsAre("--config a=1", "--chat generator.chat=true", "--config b=2"));
  EXPECT_THAT(
      [&] {
        parse_with({"out", "--cat"});
      },
      ThrowsMessage<ConfigError>(HasSubstr("did you mean \"--chat\"?")));
  EXPECT_THAT(options_help(shortcuts), HasSubstr("talk (--config generator.chat=true)"));
  EXPECT_THAT([&] { parse({"out", "--chat"}); }, ThrowsMessage<ConfigError>(HasSubstr("--chat")));
}

}  // namespace
}  // namespace roux
