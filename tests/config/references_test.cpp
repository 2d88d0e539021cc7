#include "config/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "config/example_config.h"
#include "roux/config/dump.h"

namespace roux::config {
namespace {

using example::AdamW;
using example::Components;
using example::Config;
using example::file;
using example::load_file;
using example::load_sources;
using example::load_words;
using example::Sgd;
using example::word;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An environment variable while this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

Config load(const std::vector<ConfigSource>& sources) {
  const auto loaded = load_sources<Config>(sources);
  EXPECT_THAT(loaded.problems, IsEmpty());
  return loaded.config;
}

TEST(References, TakeTheEnvironmentAsTheFieldThatTheyStandIn) {
  const Variable number("ROUX_TEST_A", "7");
  const Variable text("ROUX_TEST_B", "a=\"b\" ${title}");
  const Variable list("ROUX_TEST_C", "[\"x\", \"y\"]");

  const auto config = load({file(R"(
      title = "${env:ROUX_TEST_B}"
      regime.save_every = "${env:ROUX_TEST_A}"
      data.note = "${env:ROUX_TEST_A}"
      data.files = "${env:ROUX_TEST_C}"
      regime.timeout = "${env:ROUX_TEST_A}"
  )")});

  EXPECT_EQ(config.title, "a=\"b\" ${title}");  // which is not looked at again
  EXPECT_EQ(config.regime.save_every, 7);
  EXPECT_EQ(config.data.note, "7");
  EXPECT_THAT(config.data.files, ElementsAre("x", "y"));
  EXPECT_EQ(config.regime.timeout, std::chrono::minutes(7));
}

TEST(References, TakeTheDefaultOfAVariableThatIsNotSet) {
  EXPECT_EQ(load({word("title=${env:ROUX_TEST_NONE:a:b}")}).title, "a:b");
  EXPECT_EQ(load({word("title=x${env:ROUX_TEST_NONE:}y")}).title, "xy");
  EXPECT_EQ(load({word("regime.num_steps=${env:ROUX_TEST_NONE:none}")}).regime.num_steps,
            std::nullopt);
  EXPECT_EQ(load({word("regime.save_every=${env:ROUX_TEST_NONE:5}")}).regime.save_every, 5);
}

TEST(References, TellWhichVariableIsNotSet) {
  EXPECT_THAT(load_file("title = \"${env:ROUX_TEST_NONE}\"").problems,
              ElementsAre("a.toml:1:9: title: refers to the environment variable ROUX_TEST_NONE, "
                          "which is not set (${env:NAME:DEFAULT} gives a default)"));
}

TEST(References, TypeTheEnvironmentByTheField) {
  const Variable number("ROUX_TEST_A", "seven");

  EXPECT_THAT(load_file("regime.save_every = \"${env:ROUX_TEST_A}\"").problems,
              ElementsAre("a.toml:1:21: regime.save_every: must be an integer, but is \"seven\""));
}

TEST(References, TakeTheFolderOfTheFileThatTheyStandIn) {
  const ConfigSource preset{.table = parse_toml("data.root = \"${dir}/a\"", "p", "/presets")};
  const ConfigSource run{.table = parse_toml("data.note = \"${dir}\"", "r", "/runs")};

  const auto config = load({preset, run, word("title=${dir}")});

  EXPECT_EQ(config.data.root, "/presets/a");
  EXPECT_EQ(config.data.note, "/runs");
  EXPECT_EQ(config.title, std::filesystem::current_path().string());
}

TEST(References, TakeTheValueOfAnotherKeyWithItsType) {
  const auto config = load({file(R"(
      regime.num_steps = 5000
      regime.save_every = "${regime.num_steps}"
      data.temperature = "${optimizer.config.lr}"
      data.note = "steps ${regime.num_steps}, ${optimizer.name} ${regime.recompute}"
      data.weights = {"a b" = 2, c = "${data.weights.\"a b\"}"}
  )")});

  EXPECT_EQ(config.regime.save_every, 5000);
  EXPECT_EQ(std::get<double>(config.data.temperature), 3e-4);  // a default, seen by its key
  EXPECT_EQ(config.data.note, "steps 5000, adamw off");
  EXPECT_EQ(config.data.weights.at("c"), 2.0);
}

TEST(References, FollowOneAnother) {
  const auto config = load({file(R"(
      title = "${data.note}!"
      data.note = "${data.root}?"
      data.root = "${dir}"
  )")});

  EXPECT_EQ(config.title, "/conf?!");
}

TEST(References, StandInElementsOfArraysAndTables) {
  const auto config = load({file(R"(
      title = "t"
      data.files = ["${title}1", "${title}"]
      data.extra = {a = ["${title}", {b = "${regime.save_every}"}]}
  )")});

  EXPECT_THAT(config.data.files, ElementsAre("t1", "t"));
  EXPECT_EQ(to_toml(config.data.extra.value), "{a = [\"t\", {b = 1000}]}");
}

TEST(References, StandInWordsOfTheCommandLine) {
  EXPECT_EQ(load({word("regime={save_every = \"${regime.num_steps}\", num_steps = 5}")})
                .regime.save_every,
            5);
  EXPECT_EQ(load({word("set:regime={save_every = \"${regime.num_steps}\", num_steps = 5}")})
                .regime.save_every,
            5);
  EXPECT_THAT(load({word("data.files=[\"${title}\"]")}).data.files, ElementsAre("example"));
  EXPECT_EQ(load({word("optimizer.config.betas=[\"${optimizer.config.lr}\", 0.5]")})
                .optimizer.config_as<AdamW>()
                ->betas[0],
            3e-4);
  EXPECT_EQ(std::get<std::vector<double>>(
                load({word("data.temperature=[\"${optimizer.config.lr}\"]")}).data.temperature)[0],
            3e-4);
}

TEST(References, MayChooseTheComponent) {
  const Variable name("ROUX_TEST_A", "sgd");

  const auto config = load({file(R"(
      [optimizer]
      name = "${env:ROUX_TEST_A}"
      config.momentum = 0.5
  )")});

  EXPECT_EQ(config.optimizer.name, "sgd");
  EXPECT_EQ(config.optimizer.config_as<Sgd>()->momentum, 0.5);
  EXPECT_EQ(config.optimizer.config_as<Sgd>()->lr, 0.1);
}

TEST(References, AreRefusedInACircleWithItsKeys) {
  EXPECT_THAT(load_file("title = \"${title}\"").problems,
              ElementsAre("a.toml:1:9: title: refers to itself: title -> title"));
  EXPECT_THAT(
      load_file("title = \"${data.note}\"\ndata.note = \"${data.root}\"\n"
                "data.root = \"x${title}\"")
          .problems,
      ElementsAre("a.toml:1:9: title: refers to data.note, which has a problem",
                  "a.toml:2:13: data.note: refers to data.root, which has a problem",
                  "a.toml:3:13: data.root: refers to itself: title -> data.note -> data.root "
                  "-> title"));
}

// A circle was found by names alone, and one spelled in two ways went round twice.
TEST(References, AreRefusedInACircleHoweverItsKeysAreSpelled) {
  EXPECT_THAT(load_file("title = '${\"data\".note}'\ndata.note = '${\"title\"}'").problems,
              ElementsAre("a.toml:1:9: title: refers to \"data\".note, which has a problem",
                          "a.toml:2:13: \"data\".note: refers to itself: title -> \"data\".note -> "
                          "\"title\""));
}

TEST(References, AreRefusedToWhatIsNoSingleValue) {
  EXPECT_THAT(
      load_file("title = \"${regime}\"").problems,
      ElementsAre("a.toml:1:9: title: refers to regime, which is a table: only single values "
                  "can be referred to"));
  EXPECT_THAT(load_file("title = \"${data.files}\"").problems,
              ElementsAre("a.toml:1:9: title: refers to data.files, which is an array: only single "
                          "values can be referred to"));
}

TEST(References, AreRefusedToWhatIsNoKey) {
  EXPECT_THAT(load_file("title = \"${regime.num_step}\"").problems,
              ElementsAre("a.toml:1:9: title: refers to regime.num_step, which is no key (did you "
                          "mean \"regime.num_steps\"?)"));
  for (const char* name : {"", " ", "a..b", "\"", "env", "regime.num_steps.x"}) {
    EXPECT_THAT(load_words({cat("title=${", name, "}")}).problems,
                ElementsAre(HasSubstr("title: refers to ")))
        << name;
  }
}

TEST(References, AreRefusedWhereTheyAreNotClosedOrStandInOneAnother) {
  EXPECT_THAT(load_file("title = \"a ${data\"").problems,
              ElementsAre("a.toml:1:9: title: has a ${ that is never closed"));
  EXPECT_THAT(load_words({"title=${env:ROUX_TEST_NONE:${dir}/a}"}).problems,
              ElementsAre(HasSubstr("title: has a ${ inside of another")));
}

TEST(References, ToAKeyWithALineEndKeepTheMessageOnOneLine) {
  EXPECT_THAT(load_words({"data.extra={\"a\\nb\" = {}}", "title=${data.extra.\"a\nb\"}"}).problems,
              ElementsAre(::testing::Not(HasSubstr("\n"))));
}

TEST(References, ToAKeyWithAProblemSaySo) {
  EXPECT_THAT(load_file("title = \"${data.note}\"\ndata.note = \"${nothing}\"").problems,
              ElementsAre("a.toml:1:9: title: refers to data.note, which has a problem",
                          "a.toml:2:13: data.note: refers to nothing, which is no key"));
}

TEST(References, AreWrittenWithTwoDollarsWhereNoneIsMeant) {
  const auto config = load({word("title=a $${dir} $x $"), word("data.note=$$${b}")});

  EXPECT_EQ(config.title, "a ${dir} $x $");
  EXPECT_EQ(config.data.note, "$${b}");
}

TEST(References, ThatAreEscapedSurviveADump) {
  const auto first =
      load({word("title=$${dir}"), word("data.extra.a='$$${x}'"), word("data.files=[\"$${\"]")});
  const auto dumped = dump_toml(config_type<Config>(), &first, Components());

  const auto second = load({file(dumped)});

  EXPECT_EQ(second.title, "${dir}");
  EXPECT_EQ(to_toml(second.data.extra.value), "{a = \"$${x}\"}");
  EXPECT_THAT(second.data.files, ElementsAre("${"));
}

// What a default says was made in code: it was unescaped where a component was chosen by a
// reference, and read as a reference elsewhere.
TEST(References, AreNotSoughtInDefaults) {
  struct Literal {
    std::string text = "${dir} $${x}";
    static void describe(Fields<Literal>& field) { field("text", &Literal::text, "A text."); }
  };

  const auto loaded = load_sources<Literal>({});

  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.config.text, "${dir} $${x}");
}

TEST(References, ThatGrowWithoutEndAreRefusedAtOnce) {
  std::string text = "data.extra.a0 = \"" + std::string(100, 'x') + "\"\n";
  for (int i = 1; i <= 60; ++i) {
    text += cat("data.extra.a", i, " = \"${data.extra.a", i - 1, "}${data.extra.a", i - 1, "}\"\n");
  }

  const auto start = std::chrono::steady_clock::now();
  const auto problems = load_file(text).problems;

  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems[0], HasSubstr("data.extra.a10: expands to over 65536 bytes"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(References, ThatAreManyToOneLongTextAreRefused) {
  std::string text = "data.extra.a = \"" + std::string(60'000, 'x') + "\"\n";
  for (int i = 0; i < 1000; ++i) text += cat("data.extra.b", i, " = \"${data.extra.a}\"\n");

  const auto problems = load_file(text).problems;

  ASSERT_FALSE(problems.empty());
  EXPECT_THAT(problems[0], HasSubstr("expands, with all other references, to over 16777216 bytes"));
}

TEST(References, ThatFormALongChainAreRefused) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += cat("a", i, " = \"${data.extra.a", i + 1, "}\"\n");
  text += "a20000 = \"end\"";

  const auto problems = load_file("[data.extra]\n" + text).problems;

  EXPECT_THAT(problems, ::testing::Contains(HasSubstr("chain of over 64 references")));
}

TEST(References, ThatAreAllWrongAreFoundQuickly) {
  std::string text = "[data.extra]\n";
  for (int i = 0; i < 3'000; ++i) text += cat("key_", i, " = \"${data.extra.kez_", i, "}\"\n");

  const auto start = std::chrono::steady_clock::now();
  const auto problems = load_file(text).problems;

  EXPECT_EQ(problems.size(), 3'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace roux::config
