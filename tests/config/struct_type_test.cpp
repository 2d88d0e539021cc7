#include "roux/config/struct_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/example_config.h"
#include "roux/base/error.h"

namespace roux::config {
namespace {

using example::Config;
using example::file;
using example::load_file;
using example::load_sources;
using example::load_words;
using example::word;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

struct Common {
  std::int64_t seed = 2;

  static void describe(Fields<Common>& field) {
    field("seed", &Common::seed, "Where random numbers start.").at_least(0);
  }
};

struct TrainingCommon : Common {
  std::string level = "info";

  static void describe(Fields<TrainingCommon>& field) {
    field.inherit<Common>();
    field("level", &TrainingCommon::level, "What is logged.");
  }
};

struct Strict {
  std::optional<std::int64_t> num_steps;
  std::vector<std::string> files;
  std::string name;
  TrainingCommon common;

  static void describe(Fields<Strict>& field) {
    field("num_steps", &Strict::num_steps, "Steps.").required();
    field("files", &Strict::files, "Files.").required();
    field("name", &Strict::name, "Name.").required();
    field("common", &Strict::common, "What all recipes have.");
  }
};

struct Whole {
  Strict regime;

  static void describe(Fields<Whole>& field) { field("regime", &Whole::regime, "A section."); }
};

TEST(AStruct, TakesTheFieldsThatAreGivenAndKeepsTheOthers) {
  const auto loaded = load_file("[regime]\nnum_steps = 5000\n");

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.regime.num_steps, 5000);
  EXPECT_EQ(loaded.config.regime.save_every, 1000);
}

TEST(AStruct, MustBeATable) {
  EXPECT_THAT(load_file("regime = 7").problems,
              ElementsAre("a.toml:1:10: regime: must be a table, but is 7"));
  EXPECT_THAT(load_words({"regime="}).problems,
              ElementsAre("--config regime=: regime: must be a table, but is empty"));
}

TEST(AStruct, RefusesAKeyThatItDoesNotKnow) {
  EXPECT_THAT(load_file("[regime]\n  nmu_steps = 1\n").problems,
              ElementsAre("a.toml:2:3: regime.nmu_steps: unknown key (did you mean "
                          "\"num_steps\"?)"));
  EXPECT_THAT(load_file("[regime]\nqwerty = 1\n").problems,
              ElementsAre("a.toml:2:1: regime.qwerty: unknown key"));
  EXPECT_THAT(load_words({"regmie.num_steps=1"}).problems,
              ElementsAre("--config regmie.num_steps=1: regmie: unknown key (did you mean "
                          "\"regime\"?)"));
}

TEST(AStruct, SaysToWhichSectionAKeyBelongs) {
  EXPECT_THAT(load_file("[data]\nnum_steps = 1\n").problems,
              ElementsAre("a.toml:2:1: data.num_steps: unknown key (did you mean "
                          "\"regime.num_steps\"?)"));
  EXPECT_THAT(load_file("save_every = 1").problems,
              ElementsAre("a.toml:1:1: save_every: unknown key (did you mean "
                          "\"regime.save_every\"?)"));
}

TEST(AStruct, WarnsOfAKeyThatMeansNothingHere) {
  const auto loaded = load_file("[regime]\ncompile = true\nsave_every = 7\n");

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.warnings,
              ElementsAre("a.toml:2:1: regime.compile: is ignored: there is nothing to compile"));
  EXPECT_EQ(loaded.config.regime.save_every, 7);
}

TEST(AStruct, NamesWhatNeedsToBeSpecified) {
  EXPECT_THAT(
      load_sources<Whole>({}).problems,
      ElementsAre("regime.num_steps needs to be specified", "regime.files needs to be specified",
                  "regime.name needs to be specified"));
  EXPECT_THAT(load_sources<Whole>({file("[regime]\nnum_steps = \"none\"\nfiles = []\nname = \"\"")})
                  .problems,
              ElementsAre("a.toml:2:1: regime.num_steps needs to be specified",
                          "a.toml:3:1: regime.files needs to be specified",
                          "a.toml:4:1: regime.name needs to be specified"));
  EXPECT_THAT(load_sources<Whole>({file("[regime]\nnum_steps = 1\nfiles = [\"a\"]\nname = \"x\"")})
                  .problems,
              IsEmpty());
}

TEST(AStruct, TakesOverTheFieldsOfItsBase) {
  const auto loaded = load_sources<TrainingCommon>({file("seed = 7\nlevel = \"debug\"")});

  EXPECT_EQ(loaded.config.seed, 7);
  EXPECT_EQ(loaded.config.level, "debug");
  EXPECT_THAT(load_sources<TrainingCommon>({file("seed = -1")}).problems,
              ElementsAre("a.toml:1:8: seed: must be at least 0, but is -1"));
}

TEST(AStruct, ChecksRulesAcrossItsFields) {
  EXPECT_THAT(
      load_file("[regime]\nnum_steps = 10\nsave_every = 20\n").problems,
      ElementsAre("a.toml:3:1: regime.save_every: must be at most num_steps (10), but is 20"));
  // Where the key was left out, at the section that broke the rule.
  EXPECT_THAT(load_file("\n[regime]\nnum_steps = 10\n").problems,
              ElementsAre("a.toml:2:2: regime.save_every: must be at most num_steps (10), but is "
                          "1000"));
}

TEST(AStruct, KeepsQuietAboutRulesThatAKeyWithAProblemBreaks) {
  EXPECT_THAT(load_file("[regime]\nnum_steps = 10\nsave_every = 0\n").problems,
              ElementsAre("a.toml:3:14: regime.save_every: must be at least 1, but is 0"));
}

TEST(AConfig, HasAllItsProblemsFoundAtOnceInTheOrderOfItsSources) {
  const auto loaded = load_sources<Config>({
      file("[optimizer]\nname = \"adam\"\n[data]\nfiles = [1]\nroot = \"\"\n", "z.toml"),
      file("[regime]\ndtype = 7\ntimeot = 1\n", "a.toml"),
      word("regime.num_steps=1.5"),
      word("data.weights={x=-1}"),
  });

  EXPECT_THAT(
      loaded.problems,
      ElementsAre(
          "z.toml:2:8: optimizer.name: must be one of adamw, sgd, but is \"adam\" (did you mean "
          "\"adamw\"?)",
          "z.toml:4:10: data.files[0]: must be a string, but is 1",
          "z.toml:5:8: data.root: must be a text, but is the string \"\"",
          "a.toml:2:9: regime.dtype: must be a dtype such as \"bfloat16\", but is 7",
          "a.toml:3:1: regime.timeot: unknown key (did you mean \"timeout\"?)",
          "--config regime.num_steps=1.5: regime.num_steps: must be an integer, but is 1.5",
          "--config data.weights={x=-1}: data.weights.x: must be at least 0, but is -1"));
}

TEST(AStructThatNamesAFieldTwice, IsABug) {
  struct Twice {
    std::int64_t a = 0;
    static void describe(Fields<Twice>& field) {
      field("a", &Twice::a, "Once.");
      field("a", &Twice::a, "Twice.");
    }
  };

  EXPECT_THROW(struct_type<Twice>(), InternalError);
}

// Bounds on what has no size would be a check that checks nothing.
struct BoundedText {
  std::string name;

  static void describe(Fields<BoundedText>& field) {
    field("name", &BoundedText::name, "A name.").at_least(3);
  }
};

TEST(StructType, RefusesBoundsOnWhatHasNone) {
  EXPECT_THAT(
      [] { struct_type<BoundedText>(); },
      ThrowsMessage<InternalError>(HasSubstr("BoundedText.name has bounds, but is a string")));
}

struct TwiceNamed {
  int size = 0;

  static void describe(Fields<TwiceNamed>& field) {
    field("size", &TwiceNamed::size, "Once.");
    field("size", &TwiceNamed::size, "Twice.");
  }
};

TEST(StructType, RefusesAFieldThatIsDescribedTwice) {
  EXPECT_THAT([] { struct_type<TwiceNamed>(); },
              ThrowsMessage<InternalError>(HasSubstr("TwiceNamed describes the field size twice")));
}

}  // namespace
}  // namespace roux::config
