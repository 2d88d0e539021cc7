// fixtures/texts.parquet was written by pyarrow 26: 1000 rows in groups of 400. Row i of "text" and
// "large" is "text i " and (i mod 7) times the letter (i mod 3) of ä€😀, but row 40 is empty and 123
// null; "kind" is a dictionary; "page" has the fields id and text, and is null in row 7.

#include "roux/data/parquet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/data/pipeline.h"

namespace roux::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::filesystem::path kFile = ROUX_DATA_FIXTURES "/texts.parquet";

class Parquet : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_read_parquet()) GTEST_SKIP() << "built without Arrow: libroux_parquet.so is not there";
  }

  static std::vector<ParquetPart> parts() { return cut_parquet_files(std::vector{kFile}); }

  static std::vector<std::string> all(const std::string& column) {
    std::vector<std::string> texts;
    const auto stream =
        read_list(parts())
            .yield_from([&](const ParquetPart& part) { return open_parquet(part, column); })
            .stream();
    for (bool more = true; more;) {
      try {
        const auto text = stream->next();
        more = text.has_value();
        if (text) texts.push_back(*text);
      } catch (const DataError& error) {
        texts.emplace_back(error.what());
      }
    }
    return texts;
  }
};

std::string expected(std::size_t row) {
  constexpr const char* kLetters[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  std::string text = cat("text ", row, " ");
  for (std::size_t i = 0; i < row % 7; ++i) text += kLetters[row % 3];
  return row == 40 ? "" : text;
}

TEST_F(Parquet, GivesTheTextsOfAColumnAndSaysWhichIsNull) {
  for (const std::string column : {"text", "large"}) {
    const auto texts = all(column);
    ASSERT_EQ(texts.size(), 1000U);
    for (std::size_t row = 0; row < 1000; ++row) {
      ASSERT_EQ(texts[row], row == 123
                                ? cat(kFile.string(), ": row 123: column \"", column, "\" is null")
                                : expected(row));
    }
  }
}

TEST_F(Parquet, GivesTextsOfDictionariesAndOfFields) {
  EXPECT_EQ(all("kind")[401], "kind 2");
  EXPECT_EQ(all("page.text")[999], "page 999");
  EXPECT_THAT(all("page.text")[7], HasSubstr("row 7: column \"page.text\" is null"));
}

TEST_F(Parquet, IsCutIntoRowGroups) {
  ASSERT_EQ(parts().size(), 3U);
  EXPECT_EQ(parts()[2].first_row, 800);
  EXPECT_EQ(parts()[2].rows, 200);
  EXPECT_EQ(open_parquet(parts()[2], "text")->next(), expected(800));
}

TEST_F(Parquet, GoesOnFromAnyPlace) {
  const auto stream = open_parquet(parts()[1], "text");
  for (const std::int64_t row : {0, 1, 255, 256, 257, 399, 400}) {
    stream->rewind(0);
    for (std::int64_t i = 0; i < row; ++i) stream->next();
    const Bookmark place = save(*stream);
    EXPECT_EQ(place.text(), cat("parquet 1 ", row));
    const auto other = open_parquet(parts()[1], "text");
    load(*other, place);
    for (std::int64_t i = row; i < 400; ++i) {
      ASSERT_EQ(other->next(), expected(static_cast<std::size_t>(400 + i)));
    }
    EXPECT_FALSE(other->next());
  }
  EXPECT_THROW(load(*stream, save(*open_parquet(parts()[0], "text"))), DataError);
}

TEST_F(Parquet, SaysWhichColumnsThereAre) {
  EXPECT_THAT([] { open_parquet(parts()[0], "Text")->next(); },
              ThrowsMessage<ConfigError>(AllOf(
                  HasSubstr("texts.parquet: column \"Text\" is not there; there is id, text, "),
                  HasSubstr("page.text"))));
  EXPECT_THAT([] { open_parquet(parts()[0], "id")->next(); },
              ThrowsMessage<ConfigError>(HasSubstr("must hold strings, but holds int64")));
}

TEST_F(Parquet, SaysWhatIsDamaged) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "file.parquet";
  put_file(path, "{\"text\": \"one\"}");
  EXPECT_THAT(
      [&] { cut_parquet_files(std::vector{path}); },
      ThrowsMessage<DataError>(AllOf(HasSubstr(path.string()), HasSubstr("is no Parquet file: "))));

  std::string bytes = read_file(kFile);
  for (std::size_t i = 0; i < bytes.size() / 2; ++i) bytes[i] = static_cast<char>(~bytes[i]);
  put_file(path, bytes);
  const auto damaged = cut_parquet_files(std::vector{path});
  const auto stream = open_parquet(damaged[0], "text");
  EXPECT_THAT([&] { stream->next(); },
              ThrowsMessage<DataError>(AllOf(HasSubstr(path.string()),
                                             HasSubstr("is damaged in row group 0, from row 0"))));
  EXPECT_FALSE(stream->next());
}

TEST(ParquetPlugin, SaysHowItIsGotWhereItIsMissing) {
  if (can_read_parquet()) GTEST_SKIP() << "it is there";
  EXPECT_THAT(
      [] { cut_parquet_files(std::vector{kFile}); },
      ThrowsMessage<Error>(AllOf(HasSubstr("texts.parquet"), HasSubstr("tools/setup --parquet"))));
}

}  // namespace
}  // namespace roux::data
