#include "roux/data/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/data/pipeline.h"

namespace roux::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

class JsonLines : public testing::Test {
 protected:
  FilePart file(const std::string& text) const {
    put_file(folder_.path() / "file", text);
    return whole_file(folder_.path() / "file");
  }
  std::string read(const std::string& line, const std::string& field = "text") const {
    return JsonText(field)(*ReadLines(file(line)).next());
  }
  // The line is the third of its file.
  void refuses(const std::string& line, const std::string& what,
               const std::string& field = "text") const {
    ReadLines lines(file("{}\n\n" + line + "\n"));
    lines.next();
    lines.next();
    const Line third = *lines.next();
    const JsonText parse(field);
    const std::string place = third.where.file->path().string() + ":3 (byte 4): ";
    EXPECT_THAT([&] { parse(third); },
                ThrowsMessage<DataError>(AllOf(StartsWith(place), HasSubstr(what))))
        << line;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(JsonLines, GiveTheFieldOfThatName) {
  EXPECT_EQ(read(R"({"text": "one"})"), "one");
  EXPECT_EQ(read(R"( {"id":7,"text" : "" ,"more":[{"text":"two"}]} )"), "");
  EXPECT_EQ(read(R"({"a":{"text":"no"},"text":"two","b":[1,{"c":null},[[]]]})"), "two");
  EXPECT_EQ(read(R"({"te\u0078t": "named oddly"})"), "named oddly");
}

TEST_F(JsonLines, GiveAFieldInsideOfOthers) {
  EXPECT_EQ(read(R"({"text":"no","page":{"id":1,"text":"one"},"n":1})", "page.text"), "one");
  EXPECT_EQ(read(R"({"a":{"b":{"c":"deep"}}})", "a.b.c"), "deep");
}

TEST_F(JsonLines, AreUnescapedAsTheReferenceDoes) {
  for (const char* quoted : {
           R"("")",
           R"("plain")",
           R"("\n")",
           R"("a\"b\\c\/d\be\ff\ng\rh\ti")",
           R"("\\")",
           R"("\\\\\"\"")",
           R"("\u0041\u00e4\u20ac\uD83D\uDE00\ufffd!")",
           R"("\u0000")",
           "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 \x7f\"",
           R"("ends with\\")",
           R"("{}[]:, \"text\"")",
       }) {
    const std::string line = cat(R"({"text": )", quoted, R"( , "x": 1})");
    EXPECT_EQ(read(line), nlohmann::json::parse(line)["text"].get<std::string>()) << quoted;
  }
}

TEST_F(JsonLines, MayHoldInOtherFieldsWhatPythonWrites) {
  EXPECT_EQ(read(R"({"score": NaN, "text": "one", "id": 123456789012345678901234567890})"), "one");
}

// As docs/data.md says it.
TEST_F(JsonLines, MayHoldInOtherFieldsWhatIsNoJson) {
  for (const char* value : {"01", "word", "[1 2]", "[1}", R"({"a" 1, b: "c" "d"})", R"("\x")"}) {
    EXPECT_EQ(read(cat("{\"a\": ", value, ", \"text\": \"one\", \"b\": ", value, "}")), "one");
  }
  for (const char* value :
       {"", "1 2", "\"a\" \"b\"", "[1", "[1]]", "\"a\tb\"", "\"\xff\"", "\"a"}) {
    EXPECT_THROW(read(cat("{\"text\": \"one\", \"a\": ", value, "}")), DataError) << value;
  }
}

TEST_F(JsonLines, ThatAreNoJsonSayWhere) {
  refuses(R"({"text": "one)", "is no JSON at byte 13 of the line: ");
  refuses(R"({"text": "one", "x": [1, 2})", "is no JSON at byte 26 of the line: ");
  refuses(R"({"text": "one", "x": [1, 2)", "is no JSON at byte 26 of the line: ");
  refuses(R"({"text": "one"} {"text": "two"})", "is no JSON at byte 16 of the line: ");
  refuses(R"({"text": "one"}})", "is no JSON at byte 15 of the line: ");
  refuses(R"({'text': 'one'})", "is no JSON at byte 1 of the line: ");
  refuses(R"({"text" "one"})", "is no JSON at byte 12 of the line: ");
  refuses(R"({"text": one})", "is no JSON at byte 9 of the line: ");
  refuses(R"({"text": "one" "x"})", "is no JSON at byte 17 of the line: ");
  refuses(R"({"text": "one",})", "is no JSON at byte 15 of the line: ");
  refuses(R"({"text": "a \x b"})", "is no JSON at byte 13 of the line: ");
  refuses(R"({"text": "\u12"})", "is no JSON at byte ");
  refuses(R"({"text": "\ud83d alone"})", "surrogate");
  refuses(R"({"text": "\ude00"})", "surrogate");
  refuses("{\"text\": \"a\tb\"}", "is no JSON at byte 11 of the line: ");
  refuses(R"(hello)", "is no JSON at byte 0 of the line: ");
}

// What stands in other members is passed over, and is not what was found wrong.
TEST_F(JsonLines, SayWhereReadingThemFailedAndNotWhatWasPassedOver) {
  refuses(R"({"a": NaN, "text": one})", "is no JSON at byte 19 of the line: ");
  refuses(R"({"a": 01, "text": "one" "x"})", "is no JSON at byte 26 of the line: ");
  refuses(R"({"a": [1 2, {"b": -}], "text": "a \x b"})", "is no JSON at byte 35 of the line: ");
  refuses(R"({"a": {"text" 1}, "b": ["]"], "page": {"c": [NaN], "d" 3}, "e": 1})",
          "is no JSON at byte 55 of the line: ", "page.text");
  refuses(R"({"a": NaN, "text": "one)", "is no JSON at byte 23 of the line: invalid string");
  refuses("{\"a\": NaN, \"text\": \"a\tb\"}", "is no JSON at byte 21 of the line: ");
  refuses("{\"a\": NaN, \"text\": \"\xed\xa0\x80\"}", "is no JSON at byte 21 of the line: ");
  refuses(R"({"a": [NaN, 2, "text": "one"})", "is no JSON at byte 28 of the line: ");
  refuses(R"({"a": [NaN, 2, "text": "one")", "is no JSON at byte 28 of the line: ");
  refuses(R"({"a": NaN} {"text": "one"})", "has no \"text\"");
}

TEST_F(JsonLines, ThatAreNotUtf8SayWhere) {
  refuses("{\"text\": \"a\xff\"}",
          "is no JSON at byte 11 of the line: invalid string: ill-formed UTF-8");
  refuses("{\"text\": \"one\", \"x\": \"\xc3(\"}", "is no JSON at byte 23 of the line: ");
  refuses("\xff\xfe{\"text\"", "is no JSON at byte 0 of the line: ");
}

TEST_F(JsonLines, ThatAreNoObjectSayWhatTheyAre) {
  refuses(R"(["text"])", "is no JSON object: it is a list");
  refuses(R"("text")", "is no JSON object: it is a string");
  refuses("17", "is no JSON object: it is a number");
  refuses("null", "is no JSON object: it is null");
  refuses("", "is empty, and no JSON object");
  refuses(" \t", "is empty, and no JSON object");
}

TEST_F(JsonLines, WithoutTheFieldSayWhichTheyHave) {
  refuses(R"({"Text": "one", "id": 3})",
          R"(has no "text" (did you mean "Text"?); there is Text, id)");
  refuses(R"({})", R"(has no "text", and nothing else)");
  refuses(R"({"page": {"id": 3}})", R"(has no "page.text"; there is id)", "page.text");
  refuses(R"({"text": "one", "text": "two"})", R"(has "text" twice)");
  std::string many = "{";
  for (int i = 0; i < 30; ++i) many += cat(i == 0 ? "" : ",", "\"k", i, "\":", i);
  refuses(many + "}", "k18, k19 and 10 more");
}

TEST_F(JsonLines, WhoseFieldIsNoStringSayWhatItIs) {
  refuses(R"({"text": 3})", R"("text" must be a string, but is a number)");
  refuses(R"({"text": null})", R"("text" must be a string, but is null)");
  refuses(R"({"text": ["one"]})", R"("text" must be a string, but is a list)");
  refuses(R"({"text": {"a": "one"}})", R"("text" must be a string, but is an object)");
  refuses(R"({"text": true})", R"("text" must be a string, but is true or false)");
  refuses(R"({"page": "one"})", R"("page" must be an object, but is a string)", "page.text");
}

TEST_F(JsonLines, CutLongNamesInMessages) {
  refuses(cat("{\"", std::string(99, 'n'), "\u00e4n\": 1}"),
          cat("there is ", std::string(99, 'n'), "\u2026"));
}

TEST_F(JsonLines, SayWhatAFileIsThatHoldsNone) {
  const auto refuses_file = [&](const std::string& text, const std::string& what) {
    EXPECT_THAT([&] { read(text); },
                ThrowsMessage<DataError>(
                    AllOf(HasSubstr("file:1 (byte 0): this is " + what),
                          HasSubstr("JSON lines are what is read: an object in each line"))));
  };
  using std::string_literals::operator""s;
  refuses_file("PAR1\x15\x04\x15", "a Parquet file");
  refuses_file("\xff\xfe{\0\"\0t\0"s, "a file of UTF-16");
  refuses_file("{\0\"\0t\0"s, "a file of UTF-16");
  refuses_file("\0{\0\"\0t"s, "a file of UTF-16");
  refuses_file("[\n{\"text\": \"one\"},\n", "a file of one JSON array");
  refuses_file(" [{\"text\": \"one\"}, {\"text\": \"two\"}]", "a file of one JSON array");
  refuses(R"([{"text": "one"}])", "is no JSON object: it is a list");
}

TEST_F(JsonLines, SayThatFilesWithMarksWerePutTogether) {
  EXPECT_EQ(read("\xef\xbb\xbf{\"text\": \"one\"}"), "one");
  refuses("\xef\xbb\xbf{\"text\": \"one\"}", "begins with a byte order mark");
}

TEST_F(JsonLines, NeedAFieldWithAName) {
  for (const char* field : {"", ".", "a..b", "a."}) {
    EXPECT_THAT([&] { JsonText{field}; }, ThrowsMessage<ConfigError>(HasSubstr("must be a name")));
  }
}

TEST_F(JsonLines, MayBeParsedWithoutRoomBehindThem) {
  for (std::size_t size = 0; size < 200; ++size) {
    Line line{.text = R"({"text": ")" + std::string(size, 'x') + "\"}", .where = {}};
    line.text.shrink_to_fit();
    EXPECT_EQ(JsonText("text")(line), std::string(size, 'x'));
  }
}

TEST_F(JsonLines, AreParsedByThreadsInTheirOrder) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += cat("{\"id\": ", i, ", \"text\": \"", std::string(static_cast<std::size_t>(i), 'x'),
                "\"}\n");
  }
  ThreadPool pool({.num_threads = 3});
  const auto stream = read_list(std::vector{file(text)})
                          .yield_from(open_lines)
                          .parallel_map(JsonText("text"), pool, 20)
                          .stream();
  for (std::size_t i = 0; i < 500; ++i) ASSERT_EQ(stream->next()->size(), i);
  EXPECT_FALSE(stream->next());
}

TEST_F(JsonLines, ThatAreLongLeaveNoGiantParserBehind) {
  const std::string giant(20'000'000, 'x');
  EXPECT_TRUE(read(cat(R"({"text": ")", giant, "\"}")) == giant);
  EXPECT_EQ(read(R"({"text": "small again"})"), "small again");
}

}  // namespace
}  // namespace roux::data
