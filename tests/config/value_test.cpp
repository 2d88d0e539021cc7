#include "roux/config/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "roux/base/error.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Value number(std::int64_t value) {
  return {value, Place()};
}

TEST(Place, IsNamedAsEditorsNameIt) {
  const auto source = std::make_shared<std::string>("a.toml");

  EXPECT_EQ(to_string(Place{source, 3, 9, nullptr}), "a.toml:3:9");
  EXPECT_EQ(to_string(Place{source, 0, 0, nullptr}), "a.toml");
  EXPECT_EQ(to_string(Place()), "default");
}

TEST(Table, KeepsTheOrderInWhichKeysWereSet) {
  Table table;
  table.set("z", number(1));
  table.set("a", number(2));
  table.set("z", number(3));

  EXPECT_THAT(table.keys(), ElementsAre("z", "a"));
  EXPECT_EQ(*table.find("z")->as<std::int64_t>(), 3);
}

TEST(Table, FindsEveryOtherKeyAfterOneIsErased) {
  Table table;
  for (const char* key : {"a", "b", "c", "d"}) table.set(key, Value(std::string(key), Place()));

  EXPECT_TRUE(table.erase("b"));
  EXPECT_FALSE(table.erase("b"));
  table.set("b", Value("again"s, Place()));

  EXPECT_THAT(table.keys(), ElementsAre("a", "c", "d", "b"));
  EXPECT_EQ(*table.find("a")->as<std::string>(), "a");
  EXPECT_EQ(*table.find("c")->as<std::string>(), "c");
  EXPECT_EQ(*table.find("d")->as<std::string>(), "d");
  EXPECT_EQ(*table.find("b")->as<std::string>(), "again");
}

TEST(Table, IsCopiedWithAllThatIsInIt) {
  Table inner;
  inner.set("a", number(1));
  Table table;
  table.set("inner", Value(inner, Place()));

  const Table copy = table;
  table.find("inner")->as<Table>()->set("a", number(2));

  EXPECT_EQ(*copy.find("inner")->as<Table>()->find("a")->as<std::int64_t>(), 1);
}

TEST(DescribeValue, CallsEachKindByItsName) {
  EXPECT_EQ(describe(Value(true, Place())), "true");
  EXPECT_EQ(describe(number(-7)), "-7");
  EXPECT_EQ(describe(Value(1.0, Place())), "1.0");
  EXPECT_EQ(describe(Value("7"s, Place())), "the string \"7\"");
  EXPECT_EQ(describe(Value(Text{"word"}, Place())), "\"word\"");
  EXPECT_EQ(describe(Value(Text{""}, Place())), "empty");
  EXPECT_EQ(describe(Value(Date{"1979-05-27"}, Place())), "the date 1979-05-27");
  EXPECT_EQ(describe(Value(Array(), Place())), "an array");
  EXPECT_EQ(describe(Value(Table(), Place())), "a table");
}

TEST(DescribeValue, KeepsAMessageOnOneShortLine) {
  EXPECT_EQ(describe(Value(Text{"a\nb\x1B"}, Place())), R"("a\nb\u001B")");
  EXPECT_EQ(describe(Value(std::string(100, 'x'), Place())),
            "the string \"" + std::string(60, 'x') + "…\"");
  // Not in the middle of a character.
  EXPECT_EQ(describe(Value(std::string(59, 'x') + "ää", Place())),
            "the string \"" + std::string(59, 'x') + "…\"");
}

TEST(Printable, ShowsAWordAsItWasTypedUnlessItWouldBreakTheLine) {
  EXPECT_EQ(printable("a=\"b c\""), "a=\"b c\"");
  EXPECT_EQ(printable("a=1\nb"), R"("a=1\nb")");
  EXPECT_EQ(printable(std::string(1000, 'x')), std::string(120, 'x') + "…");
}

TEST(SplitKey, TakesDottedAndQuotedParts) {
  EXPECT_THAT(split_key("a"), ElementsAre("a"));
  EXPECT_THAT(split_key("a.b-c.d_1"), ElementsAre("a", "b-c", "d_1"));
  EXPECT_THAT(split_key("a.\"b.c\".d"), ElementsAre("a", "b.c", "d"));
  EXPECT_THAT(split_key("'a\\b'.\"c\\\"d\\n\""), ElementsAre("a\\b", "c\"d\n"));
  EXPECT_THAT(split_key("weights.a b"), ElementsAre("weights", "a b"));
}

TEST(SplitKey, ReadsBackWhatQuoteKeyWrites) {
  for (const auto& key : {"plain"s, "a.b"s, "a\"b"s, "a\\b"s, "a\\"s, "\""s, "'"s, "ä"s, "a\nb"s,
                          "\x01"s, "a=b"s, "[0]"s, " "s}) {
    EXPECT_THAT(split_key(quote_key(key)), ElementsAre(key));
    EXPECT_THAT(split_key("x." + quote_key(key) + ".y"), ElementsAre("x", key, "y"));
  }
}

TEST(SplitKey, RefusesWhatIsNoKey) {
  for (const char* key : {".", "a.", ".a", "a..b", "\"\""}) {
    EXPECT_THAT([&] { split_key(key); }, ThrowsMessage<ConfigError>(HasSubstr("empty part")))
        << key;
  }
  EXPECT_THAT([] { split_key(""); }, ThrowsMessage<ConfigError>("the key is empty"));
  EXPECT_THAT([] { split_key("a.\"b"); }, ThrowsMessage<ConfigError>(HasSubstr("never closed")));
  EXPECT_THAT([] { split_key("\"a\\\""); }, ThrowsMessage<ConfigError>(HasSubstr("never closed")));
  EXPECT_THAT([] { split_key("'a'b"); }, ThrowsMessage<ConfigError>(HasSubstr("needs a '.'")));
  EXPECT_THAT([] { split_key("\"\\q\""); }, ThrowsMessage<ConfigError>(HasSubstr("\\q")));
}

TEST(SplitKey, AllowsNoMorePartsThanAFileMayNest) {
  std::string key = "a";
  for (int i = 1; i < kMaxNesting; ++i) key += ".a";

  EXPECT_EQ(split_key(key).size(), kMaxNesting);
  EXPECT_THAT([&] { split_key(key + ".a"); },
              ThrowsMessage<ConfigError>(HasSubstr("over 64 parts")));
}

TEST(QuoteKey, LeavesAKeyBareWhereItCan) {
  EXPECT_EQ(quote_key("num_steps"), "num_steps");
  EXPECT_EQ(quote_key("a-1"), "a-1");
  EXPECT_EQ(quote_key("a.b"), "\"a.b\"");
  EXPECT_EQ(quote_key("ä"), "\"ä\"");
  EXPECT_EQ(quote_key(""), "\"\"");
}

TEST(JoinKey, AddsNoDotToNothing) {
  EXPECT_EQ(join_key("regime", "num_steps"), "regime.num_steps");
  EXPECT_EQ(join_key("", "regime"), "regime");
  EXPECT_EQ(join_key("regime", ""), "regime");
}

TEST(FindPath, GoesDownTablesOnly) {
  const auto root = parse_toml("a.b = {\"c.d\" = 1}\ne = [1]\n", "a.toml", "/");

  EXPECT_EQ(find_path(root, ""), &root);
  EXPECT_EQ(*find_path(root, "a.b.\"c.d\"")->as<std::int64_t>(), 1);
  EXPECT_EQ(find_path(root, "a.x"), nullptr);
  EXPECT_EQ(find_path(root, "e.0"), nullptr);
  EXPECT_THROW(find_path(root, "a..b"), ConfigError);
}

}  // namespace
}  // namespace roux::config
