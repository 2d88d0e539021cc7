#include "roux/config/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux::config {
namespace {

using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

Value read(std::string_view text) {
  return parse_toml(text, "a.toml", "/conf");
}

// The message that refuses `text`, or "accepted".
std::string refusal(std::string_view text) {
  try {
    read(text);
    return "accepted";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

std::string place_of(const Value& root, std::string_view key) {
  const Value* value = find_path(root, key);
  return value ? to_string(value->place()) : "nowhere";
}

std::string key_place_of(const Value& root, std::string_view key) {
  const Value* value = find_path(root, key);
  return value ? to_string(value->key_place()) : "nowhere";
}

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::ofstream create(const std::filesystem::path& path) {
  return std::ofstream(path, std::ios::binary);
}

// Acts as a user who may not do everything, where the tests run as root.
class WithoutRights {
 public:
  WithoutRights() {
    constexpr uid_t kNobody = 65534;
    if (geteuid() == 0) changed_ = seteuid(kNobody) == 0;
  }
  ~WithoutRights() {
    if (changed_ && seteuid(0) != 0) std::abort();
  }

 private:
  bool changed_ = false;
};

TEST(ParseToml, KnowsWhereEachKeyAndValueStands) {
  const auto root = read(
      "title = \"x\"\n"
      "\n"
      "[regime]\n"
      "  num_steps = 10\n"
      "data.split = {share = 0.5}\n"
      "\"ä\" = 1\n");

  EXPECT_EQ(key_place_of(root, "title"), "a.toml:1:1");
  EXPECT_EQ(place_of(root, "title"), "a.toml:1:9");
  EXPECT_EQ(key_place_of(root, "regime"), "a.toml:3:2");
  EXPECT_EQ(key_place_of(root, "regime.num_steps"), "a.toml:4:3");
  EXPECT_EQ(place_of(root, "regime.num_steps"), "a.toml:4:15");
  EXPECT_EQ(key_place_of(root, "regime.data.split"), "a.toml:5:6");
  EXPECT_EQ(place_of(root, "regime.data.split.share"), "a.toml:5:23");
}

TEST(ParseToml, KnowsWhereEachElementStands) {
  const auto root = read("betas = [\n  0.9,\n  {b = 1},\n]\n");

  const auto& betas = *find_path(root, "betas")->as<Array>();

  EXPECT_EQ(to_string(betas[0].place()), "a.toml:2:3");
  EXPECT_EQ(to_string(betas[1].place()), "a.toml:3:3");
  EXPECT_EQ(place_of(betas[1], "b"), "a.toml:3:8");
}

TEST(ParseToml, CountsColumnsInCharacters) {
  EXPECT_EQ(place_of(read("\"ä€\" = 1\n"), "\"ä€\""), "a.toml:1:8");
}

TEST(ParseToml, KeepsTheOrderOfTheFile) {
  const auto root = read("z = 1\na = 2\nm = 3\n");

  EXPECT_THAT(root.as<Table>()->keys(), ElementsAre("z", "a", "m"));
}

TEST(ParseToml, KeepsTheFolderThatDirStandsFor) {
  EXPECT_EQ(*find_path(read("a = 1"), "a")->place().folder, "/conf");
}

TEST(ParseToml, ReadsEveryTypeOfToml) {
  const auto root = read(
      "yes = true\n"
      "hex = 0xFF\n"
      "low = -9223372036854775808\n"
      "third = 0.25\n"
      "most = inf\n"
      "none = nan\n"
      "text = \"tab\\tä\\u00e4\"\n"
      "raw = 'C:\\x'\n"
      "long = \"\"\"\nfirst\nsecond \\\n   goes on\"\"\"\n"
      "day = 1979-05-27T07:32:00Z\n");

  EXPECT_TRUE(*find_path(root, "yes")->as<bool>());
  EXPECT_EQ(*find_path(root, "hex")->as<std::int64_t>(), 255);
  EXPECT_EQ(*find_path(root, "low")->as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(*find_path(root, "third")->as<double>(), 0.25);
  EXPECT_TRUE(std::isinf(*find_path(root, "most")->as<double>()));
  EXPECT_TRUE(std::isnan(*find_path(root, "none")->as<double>()));
  EXPECT_EQ(*find_path(root, "text")->as<std::string>(), "tab\tää");
  EXPECT_EQ(*find_path(root, "raw")->as<std::string>(), "C:\\x");
  EXPECT_EQ(*find_path(root, "long")->as<std::string>(), "first\nsecond goes on");
  EXPECT_EQ(find_path(root, "day")->as<Date>()->text, "1979-05-27T07:32:00Z");
}

TEST(ParseToml, AcceptsAnEmptyFileAndAByteOrderMark) {
  EXPECT_TRUE(read("").as<Table>()->empty());
  EXPECT_TRUE(read("# nothing\n").as<Table>()->empty());
  EXPECT_EQ(*find_path(read("\xEF\xBB\xBF"
                            "a = 1"),
                       "a")
                 ->as<std::int64_t>(),
            1);
  EXPECT_EQ(*find_path(read("a = 1\r\nb = 2\r\n"), "b")->as<std::int64_t>(), 2);
}

TEST(ParseToml, RefusesAKeyGivenTwice) {
  EXPECT_EQ(refusal("a = 1\na = 2\n"),
            "a.toml:2:5: is given twice: cannot redefine existing integer 'a'");
  EXPECT_THAT(refusal("[a]\nb = 1\n[a]\n"), StartsWith("a.toml:3:1: is given twice: "));
  EXPECT_THAT(refusal("a = {b = 1, b = 2}"), StartsWith("a.toml:1:17: is given twice: "));
  EXPECT_THAT(refusal("a.b = 1\na = 2"), StartsWith("a.toml:2:5: is given twice: "));
}

TEST(ParseToml, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(refusal("ok = 1\na = \"ä\xFF\"\n"), "a.toml:2:7: is not UTF-8: the byte 0xFF");
  EXPECT_EQ(refusal("# \xC0\x80"), "a.toml:1:3: is not UTF-8: the byte 0xC0");      // overlong
  EXPECT_EQ(refusal("# \xED\xA0\x80"), "a.toml:1:3: is not UTF-8: the byte 0xED");  // a surrogate
  EXPECT_EQ(refusal("# \xE2\x82"), "a.toml:1:3: is not UTF-8: the byte 0xE2");      // cut
  EXPECT_EQ(refusal("\xFF\xFE"
                    "a\0"s),
            "a.toml:1:1: is UTF-16, but a config must be UTF-8");
  EXPECT_EQ(refusal("\xFE\xFF\0a"s), "a.toml:1:1: is UTF-16, but a config must be UTF-8");
}

TEST(ParseToml, RefusesControlCharacters) {
  EXPECT_EQ(refusal("a = 1\rb = 2"), "a.toml:1:7: has a carriage return without a line feed");
  EXPECT_THAT(refusal("a = \"\0\""s), StartsWith("a.toml:1:6: "));
  EXPECT_THAT(refusal("a\0b = 1"s), StartsWith("a.toml:1:2: "));
  EXPECT_THAT(refusal("# \x01"), StartsWith("a.toml:1:3: "));
}

TEST(ParseToml, RefusesIntegersPast64Bits) {
  EXPECT_THAT(refusal("a = 9223372036854775808"),
              AllOf(StartsWith("a.toml:1:"),
                    HasSubstr("'9223372036854775808' is not representable in 64 bits")));
  EXPECT_THAT(refusal("a = -9223372036854775809"), HasSubstr("not representable"));
  EXPECT_THAT(refusal("a = 0xFFFFFFFFFFFFFFFFF"), StartsWith("a.toml:1:"));
}

TEST(ParseToml, SaysThatTextNeedsQuotes) {
  for (const char* text : {"none", "True", "yes", "adamw", "infinity", "text"}) {
    EXPECT_THAT(refusal("a = "s + text),
                AllOf(StartsWith("a.toml:1:"), HasSubstr("is no value (a text needs quotes)")))
        << text;
  }
}

TEST(ParseToml, SaysWhatIsWrongWithoutTheWordsOfAParser) {
  EXPECT_EQ(refusal("a = [1, 2"), "a.toml:1:10: the file ends inside of an array");
  EXPECT_EQ(refusal("a: 1"), "a.toml:1:2: expected '=', saw ':' (in a key-value pair)");
}

// Its parser aborted on these in debug builds.
TEST(ParseToml, RefusesHeadersOfNoKey) {
  for (const char* text : {"[{", "[&", "[[[1]]]", "[[=", "[=]", "[[]]"}) {
    EXPECT_THAT(refusal(text), StartsWith("a.toml:1:")) << text;
  }
}

// For its parser an "ä" outside of quotes was undefined behaviour.
TEST(ParseToml, RefusesOtherLettersOutsideOfQuotes) {
  for (const char* text :
       {"ä = 1", "aä = 1", "a ä = 1", "a = ä", "a = 1ä", "a = 1 ä", "[ä]", "€", "a = 1'ä'",
        "\xC2\xA0"
        "a = 1",
        "a = \xEF\xBB\xBF"
        "1"}) {
    EXPECT_THAT(refusal(text), StartsWith("a.toml:1:")) << text;
  }
}

TEST(ParseToml, LocatesEveryRefusalOnOneLine) {
  for (const char* text : {"a",
                           "a =",
                           "= 1",
                           "a = 1 b = 2",
                           "[a",
                           "[]",
                           "[[a]",
                           "a = 'x",
                           "a = \"x\ny\"",
                           "a = \"\\q\"",
                           "a = {b = 1",
                           "a = {b = 1,}",
                           "a = 01",
                           "a = 1__0",
                           "a = 1.",
                           "a = .5",
                           "a = 1e400",
                           "a = 1979-13-01",
                           "a = [1]\n[[a]]",
                           "a = {b = 1}\na.c = 2",
                           "{\"a\": 1}",
                           "\"a = 1"}) {
    EXPECT_THAT(refusal(text), AllOf(::testing::MatchesRegex("a\\.toml:[0-9]+:[0-9]+: [^\n]+"),
                                     ::testing::Not(HasSubstr("Error while parsing"))))
        << text;
  }
}

TEST(ParseToml, NestsUpToItsLimit) {
  const auto brackets = [](int levels) {
    return "a = " + repeat("[", levels) + repeat("]", levels);
  };
  const auto dots = [](int levels) { return "a" + repeat(".a", levels - 1) + " = 1"; };
  const auto header = [](int levels) { return "[a" + repeat(".a", levels - 1) + "]"; };

  EXPECT_EQ(refusal(brackets(kMaxNesting)), "accepted");
  EXPECT_EQ(refusal(dots(kMaxNesting)), "accepted");
  EXPECT_EQ(refusal(header(kMaxNesting)), "accepted");
  EXPECT_THAT(refusal(brackets(kMaxNesting + 1)), EndsWith(": is nested deeper than 64 levels"));
  EXPECT_EQ(refusal(dots(kMaxNesting + 1)), "a.toml:1:128: a key has over 64 parts");
  EXPECT_EQ(refusal(header(kMaxNesting + 1)), "a.toml:1:129: a key has over 64 parts");
}

TEST(ParseToml, RefusesTenThousandLevelsOfEveryKind) {
  constexpr int kLevels = 10'000;
  std::string headers;
  for (int i = 1; i <= 200; ++i) headers += "[" + repeat("a.", i - 1) + "a]\n";

  const auto deep = AllOf(StartsWith("a.toml:"), HasSubstr("64"));
  EXPECT_THAT(refusal("a = " + repeat("[", kLevels)), deep);
  EXPECT_THAT(refusal("a = " + repeat("{a = ", kLevels)), deep);
  EXPECT_THAT(refusal("a" + repeat(".a", kLevels) + " = 1"), deep);
  EXPECT_THAT(refusal("a" + repeat(" . \"a\"", kLevels) + " = 1"), deep);
  EXPECT_THAT(refusal("[a" + repeat(".a", kLevels) + "]"), deep);
  EXPECT_THAT(refusal("[[a" + repeat(".a", kLevels) + "]]"), deep);
  EXPECT_THAT(refusal(headers), deep);
  EXPECT_THAT(
      refusal("a = " + repeat("{a" + repeat(".a", 60) + " = ", 250) + "1" + repeat("}", 250)),
      deep);
}

// The scan that counts the parts of keys took the quotes that may end a long string for a new one,
// and let a key of a million parts through to where it overflowed the stack.
TEST(ParseToml, SeesAKeyOfAMillionPartsBehindStrangeQuotes) {
  const auto key = "c" + repeat(".c", 1'000'000) + " = 1";

  for (const std::string& before :
       {R"(x = [{a = """b"""", )"s, R"(x = [{a = '''b''''', )"s, R"(x = [{a = """\\""", )"s,
        R"(x = [{a = "\\", )"s, R"(x = [{a = '\', )"s, "x = [{a = \"\"\"\\\n\"\"\", "s}) {
    EXPECT_THAT(refusal(before + key), EndsWith("a key has over 64 parts")) << before;
  }
}

TEST(ParseToml, CountsTheLinesInsideOfLongStrings) {
  const auto key = "c" + repeat(".c", 64) + " = 1";

  EXPECT_THAT(refusal("a = \"\"\"\\\n\n\\\n\"\"\"\n" + key), StartsWith("a.toml:5:128:"));
}

TEST(ParseToml, DotsThatAreInNoKeyDoNotCount) {
  const auto dots = repeat(".", 100);

  EXPECT_EQ(refusal("# " + dots + "\na = '" + dots + "'\nb = \"\"\"" + dots + "\"\"\""),
            "accepted");
  EXPECT_EQ(refusal("a = [" + repeat("1.5, ", 100) + "]"), "accepted");
}

TEST(LoadToml, NamesTheFileAndItsFolder) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "run.toml";
  create(path) << "a = 1\n";

  const auto root = load_toml(path);

  EXPECT_EQ(place_of(root, "a"), path.string() + ":1:5");
  EXPECT_EQ(*find_path(root, "a")->place().folder, folder.path());
}

TEST(LoadToml, RefusesAFileThatIsTooLargeAtOnce) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "large.toml";
  create(path).seekp(50 << 20).put('\n');

  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT([&] { load_toml(path); }, ThrowsMessage<ConfigError>(HasSubstr(path.string())));

  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST(LoadToml, ReadsAFileOfMegabytes) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "long.toml";
  create(path) << "files = [\n" << repeat("  \"part-00000.jsonl\",\n", 200'000) << "]\n";

  EXPECT_EQ(find_path(load_toml(path), "files")->as<Array>()->size(), 200'000);
}

TEST(LoadToml, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  const auto missing = folder.path() / "missing.toml";

  EXPECT_THAT([&] { load_toml(folder.path()); },
              ThrowsMessage<ConfigError>(HasSubstr(folder.path().string())));
  EXPECT_THAT([&] { load_toml(missing); },
              ThrowsMessage<ConfigError>(
                  AllOf(HasSubstr(missing.string()), HasSubstr("No such file or directory"))));
}

TEST(LoadToml, RefusesAFileThatMayNotBeRead) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "secret.toml";
  create(path) << "a = 1\n";
  chmod(path.c_str(), 0);
  const WithoutRights nobody;

  EXPECT_THAT(
      [&] { load_toml(path); },
      ThrowsMessage<ConfigError>(AllOf(HasSubstr(path.string()), HasSubstr("Permission denied"))));
}

TEST(ParseTomlValue, ReadsOneValueThatStandsWhereItIsTold) {
  const Place place{std::make_shared<std::string>("--config x"), 0, 0, nullptr};

  const auto value = parse_toml_value("{a = [1, 2.5]}", place);

  EXPECT_EQ(to_toml(value), "{a = [1, 2.5]}");
  EXPECT_EQ(place_of(value, "a"), "--config x");
}

TEST(ParseTomlValue, RefusesWhatIsMoreOrLessThanOne) {
  for (const char* text : {"", "1 2", "1\nb = 2", "1\n[x]", "yes", "[1", "\"a\nb\"", "1 #\n2"}) {
    EXPECT_THROW(parse_toml_value(text, {}), ConfigError) << text;
  }
}

TEST(ToToml, WritesNumbersThatReadBackAsTheSame) {
  EXPECT_EQ(to_toml(Value(1.0, {})), "1.0");
  EXPECT_EQ(to_toml(Value(0.1, {})), "0.1");
  EXPECT_EQ(to_toml(Value(-0.0, {})), "-0.0");
  EXPECT_EQ(to_toml(Value(3e-4, {})), "0.0003");
  EXPECT_EQ(to_toml(Value(1e-8, {})), "1e-08");
  EXPECT_EQ(to_toml(Value(5e-324, {})), "5e-324");
  EXPECT_EQ(to_toml(Value(1e15, {})), "1e+15");
  EXPECT_EQ(to_toml(Value(1.7976931348623157e308, {})), "1.7976931348623157e+308");
  EXPECT_EQ(to_toml(Value(-std::numeric_limits<double>::infinity(), {})), "-inf");
}

TEST(ToToml, EscapesWhatAStringCanNotHold) {
  EXPECT_EQ(to_toml(Value("a\"b\\c\n\t\r\x01\x7Fä"s, {})), R"("a\"b\\c\n\t\r\u0001\u007Fä")");
}

TEST(FindInvalidUtf8, FindsTheFirstByteThatIsWrong) {
  constexpr auto kNowhere = std::string_view::npos;

  EXPECT_EQ(find_invalid_utf8(""), kNowhere);
  EXPECT_EQ(find_invalid_utf8("aä€😀\xF4\x8F\xBF\xBF"), kNowhere);
  EXPECT_EQ(find_invalid_utf8("a\x80"), 1U);              // continues nothing
  EXPECT_EQ(find_invalid_utf8("a\xE2\x82"), 1U);          // cut
  EXPECT_EQ(find_invalid_utf8("a\xF0\x80\x80\x80"), 1U);  // too long for its character
  EXPECT_EQ(find_invalid_utf8("a\xED\xBF\xBF"), 1U);      // a surrogate
  EXPECT_EQ(find_invalid_utf8("a\xF4\x90\x80\x80"), 1U);  // past the last character
  EXPECT_EQ(find_invalid_utf8("a\xF8"), 1U);
}

}  // namespace
}  // namespace roux::config
