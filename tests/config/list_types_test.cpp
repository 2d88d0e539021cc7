#include "roux/config/list_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/read.h"

namespace roux::config {
namespace {

using namespace std::string_literals;
using example::as_word;
using example::Box;
using example::file;
using example::in_file;
using example::load_sources;
using example::Split;
using example::word;
using example::written;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Numbers = std::vector<std::int64_t>;
using Names = std::vector<std::string>;
using Pair2 = std::array<double, 2>;
using Weights = std::map<std::string, double>;

struct Positive {
  static void set(Field field) { field.more_than(0); }
};
struct NotEmpty {
  static void set(Field field) { field.not_empty(); }
};

// The problems of `value = …` in a file, with their places and keys.
template <typename T, typename Limit = example::NoLimit>
std::vector<std::string> problems_of(const std::string& toml) {
  return load_sources<Box<T, Limit>>({file("value = " + toml)}).problems;
}

TEST(OptionalField, IsUnsetByNone) {
  using Optional = std::optional<std::int64_t>;

  EXPECT_EQ(in_file<Optional>("7").value, Optional(7));
  EXPECT_EQ(in_file<Optional>("\"none\"").value.value(), Optional());
  EXPECT_EQ(as_word<Optional>("none").value.value(), Optional());
  EXPECT_EQ(as_word<Optional>("\"none\"").value.value(), Optional());
  EXPECT_EQ(written(Optional(7)), "7");
  EXPECT_EQ(written(Optional()), "\"none\"");
  EXPECT_EQ(in_file<Optional>("\"nine\"").problem,
            "must be an integer, but is the string \"nine\"");
  EXPECT_EQ((in_file<Optional, Positive>("0").problem), "must be more than 0, but is 0");
}

TEST(OptionalField, MayBeAText) {
  using Optional = std::optional<std::string>;

  EXPECT_EQ(as_word<Optional>("a b").value, Optional("a b"));
  EXPECT_EQ(as_word<Optional>("none").value.value(), Optional());
  EXPECT_EQ(as_word<Optional>("").value, Optional(""));
  EXPECT_EQ(in_file<Optional>("7").problem, "must be a string, but is 7");
}

TEST(OptionalField, MayBeATableOrAList) {
  EXPECT_EQ(in_file<std::optional<Split>>("{share = 0.5}").value.value()->share, 0.5);
  EXPECT_EQ(as_word<std::optional<Split>>("{share = 0.5}").value.value()->share, 0.5);
  EXPECT_FALSE(as_word<std::optional<Split>>("none").value.value().has_value());
  EXPECT_THAT(**in_file<std::optional<Numbers>>("[1, 2]").value, ElementsAre(1, 2));
}

TEST(VectorField, TakesAnArray) {
  EXPECT_THAT(*in_file<Numbers>("[3, 1]").value, ElementsAre(3, 1));
  EXPECT_THAT(*in_file<Numbers>("[]").value, IsEmpty());
  EXPECT_THAT(*as_word<Numbers>("[3, 1]").value, ElementsAre(3, 1));
  EXPECT_THAT(*as_word<Names>("[\"a=b\", 'c']").value, ElementsAre("a=b", "c"));
  EXPECT_EQ(written(Names{"a", "b\n"}), R"(["a", "b\n"])");
  EXPECT_EQ(in_file<Numbers>("3").problem, "must be an array, but is 3");
  EXPECT_EQ(as_word<Names>("a").problem, "must be an array, but is \"a\"");
  EXPECT_EQ(as_word<Names>("").problem, "must be an array, but is empty");
}

TEST(VectorField, LocatesWhatIsWrongWithEachElement) {
  EXPECT_THAT((problems_of<Numbers, Positive>("[1,\n  0, \"x\"]")),
              ElementsAre("a.toml:2:3: value[1]: must be more than 0, but is 0",
                          "a.toml:2:6: value[2]: must be an integer, but is the string \"x\""));
}

TEST(VectorField, MayHaveToHoldSomething) {
  EXPECT_EQ((in_file<Names, NotEmpty>("[]").problem), "must not be empty");
  EXPECT_EQ((in_file<Names, NotEmpty>("[\"\"]").problem), "must be a text, but is the string \"\"");
  EXPECT_THAT((*in_file<Names, NotEmpty>("[\"a\"]").value), ElementsAre("a"));
}

TEST(VectorField, MayHoldStructs) {
  EXPECT_EQ(in_file<std::vector<Split>>("[{}, {share = 0.5}]").value->at(1).share, 0.5);
  EXPECT_THAT(
      problems_of<std::vector<Split>>("[{shuffle = 1}, {shard = 0.5, share = 2}]"),
      ElementsAre("a.toml:1:21: value[0].shuffle: must be true or false, but is 1",
                  "a.toml:1:26: value[1].shard: unknown key (did you mean \"share\"?)",
                  "a.toml:1:47: value[1].share: must be more than 0 and less than 1, but is "
                  "2"));
}

TEST(ArrayField, TakesAnArrayOfItsLength) {
  EXPECT_THAT(*in_file<Pair2>("[0.9, 1]").value, ElementsAre(0.9, 1.0));
  EXPECT_THAT(*as_word<Pair2>("[0.9, 0.99]").value, ElementsAre(0.9, 0.99));
  EXPECT_EQ(written(Pair2{0.9, 0.99}), "[0.9, 0.99]");
  EXPECT_EQ(in_file<Pair2>("[0.9]").problem, "must be an array of 2, but is one of 1");
  EXPECT_EQ(in_file<Pair2>("0.9").problem, "must be an array of 2, but is 0.9");
  EXPECT_THAT((problems_of<Pair2, Positive>("[0.9, -1]")),
              ElementsAre("a.toml:1:15: value[1]: must be more than 0, but is -1"));
}

TEST(MapField, TakesATableWithAnyKeys) {
  EXPECT_THAT(*in_file<Weights>("{b = 2, \"a.b\" = 1.5}").value,
              ElementsAre(Pair("a.b", 1.5), Pair("b", 2.0)));
  EXPECT_THAT(*as_word<Weights>("{b = 2}").value, ElementsAre(Pair("b", 2.0)));
  EXPECT_THAT(*in_file<Weights>("{}").value, IsEmpty());
  EXPECT_EQ(written(Weights{{"a.b", 1.5}, {"c", 2}}), "{\"a.b\" = 1.5, c = 2.0}");
  EXPECT_EQ(in_file<Weights>("[1]").problem, "must be a table, but is an array");
  EXPECT_THAT((problems_of<Weights, Positive>("{\"a b\" = -1}")),
              ElementsAre("a.toml:1:18: value.\"a b\": must be more than 0, but is -1"));
}

TEST(MapField, TakesKeysWithQuotesInThem) {
  const auto problems = problems_of<std::map<std::string, Split>>("{'a\"b' = {share = 2}}");

  EXPECT_THAT(problems, ElementsAre("a.toml:1:27: value.\"a\\\"b\".share: must be more than 0 and "
                                    "less than 1, but is 2"));
}

TEST(VariantField, TakesTheFirstThatFits) {
  using Rate = std::variant<double, std::vector<double>>;
  using Save = std::variant<bool, std::string>;

  EXPECT_EQ(in_file<Rate>("0.5").value, Rate(0.5));
  EXPECT_EQ(in_file<Rate>("[0.5, 1]").value, Rate(std::vector<double>{0.5, 1}));
  EXPECT_EQ(as_word<Rate>("[0.5]").value, Rate(std::vector<double>{0.5}));
  EXPECT_EQ(as_word<Save>("true").value, Save(true));
  EXPECT_EQ(as_word<Save>("all").value, Save("all"s));
  EXPECT_EQ(in_file<Save>("\"true\"").value, Save("true"s));
  EXPECT_EQ(written(Rate(0.5)), "0.5");
  EXPECT_EQ(written(Rate(std::vector<double>{0.5})), "[0.5]");
}

TEST(VariantField, SaysWhatIsWrongWithTheOneThatWasMeant) {
  using Rate = std::variant<double, std::vector<double>>;

  EXPECT_EQ(in_file<Rate>("\"x\"").problem,
            "must be a number or an array, but is the string \"x\"");
  EXPECT_EQ((in_file<Rate, Positive>("-1").problem), "must be more than 0, but is -1");
  EXPECT_THAT((problems_of<Rate, Positive>("[1, -1]")),
              ElementsAre("a.toml:1:13: value[1]: must be more than 0, but is -1"));
}

TEST(RawTableField, KeepsATableAsItIs) {
  const auto read = [](const example::Outcome<RawTable>& outcome) {
    return to_toml(outcome.value->value);
  };

  EXPECT_EQ(read(in_file<RawTable>("{a = 1, b = {c = [\"x\"]}, d = 1979-05-27}")),
            "{a = 1, b = {c = [\"x\"]}, d = 1979-05-27}");
  EXPECT_EQ(read(as_word<RawTable>("{a = 1}")), "{a = 1}");
  EXPECT_EQ(in_file<RawTable>("1").problem, "must be a table, but is 1");
}

TEST(RawTableField, ReadsAWordAsTomlIfItIsSome) {
  const auto raw = [](std::vector<ConfigSource> words) {
    const auto loaded = load_sources<Box<RawTable>>(words);
    return to_toml(loaded.config.value.value);
  };

  EXPECT_EQ(raw({word("value.a=1"), word("value.b.c=[true]"), word("value.d=some text")}),
            "{a = 1, b = {c = [true]}, d = \"some text\"}");
}

TEST(RawTableField, KnowsWhereItsValuesStand) {
  const auto loaded = load_sources<Box<RawTable>>({file("value = {a = {b = 1}}")});

  EXPECT_EQ(to_string(find_path(loaded.config.value.value, "a.b")->place()), "a.toml:1:19");
}

}  // namespace
}  // namespace roux::config
