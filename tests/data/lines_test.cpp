#include "roux/data/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/data/pipeline.h"

namespace roux::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

class Lines : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& bytes) const {
    put_file(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  fs::path folder() const { return folder_.path(); }

  static std::vector<std::string> texts(const FilePart& part, LineOptions options = {}) {
    std::vector<std::string> all;
    ReadLines lines(part, options);
    while (const auto line = lines.next()) all.push_back(line->text);
    return all;
  }
  std::vector<std::string> texts_of(const std::string& bytes) const {
    return texts(whole_file(write("file", bytes)));
  }

 private:
  TemporaryFolder folder_;
};

// Line i is i letters long, and longer than any buffer in between.
std::string stairs(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += std::string(i % 50 == 49 ? 20'000 + i : i % 50, static_cast<char>('a' + i % 26)) + '\n';
  }
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST_F(Lines, EndWithEitherLineEndOrWithTheFile) {
  EXPECT_THAT(texts_of("one\ntwo\r\n\r\n\nlast"), ElementsAre("one", "two", "", "", "last"));
  EXPECT_THAT(texts_of("one\n"), ElementsAre("one"));
  EXPECT_THAT(texts_of("\n"), ElementsAre(""));
  EXPECT_THAT(texts_of("a\rb\r\r\nc\r"), ElementsAre("a\rb\r", "c\r"));
  EXPECT_THAT(texts_of(""), ElementsAre());
}

TEST_F(Lines, MayHoldAnyByte) {
  const std::string odd("\0\x01\xff\0", 4);
  EXPECT_THAT(texts_of(odd + "\n" + odd), ElementsAre(odd, odd));
}

TEST_F(Lines, DoNotHoldTheByteOrderMarkOfTheFile) {
  const std::string mark = "\xef\xbb\xbf";
  EXPECT_THAT(texts_of(mark + "one\n" + mark + "two"), ElementsAre("one", mark + "two"));
  EXPECT_THAT(texts_of(mark), ElementsAre());
  EXPECT_THAT(texts_of("\xef\xbb"), ElementsAre("\xef\xbb"));
  EXPECT_THAT(texts_of(zstd("\xef") + zstd("\xbb\xbfone\ntwo")), ElementsAre("one", "two"));
}

TEST_F(Lines, MayBeLongerThanAnyBuffer) {
  const std::string text = std::string(3'000'000, 'x') + "\n" + stairs(200);
  EXPECT_TRUE(texts_of(text) == lines_of(text));
  EXPECT_TRUE(texts_of(gzip(text)) == lines_of(text));
  EXPECT_TRUE(texts_of(zstd(text)) == lines_of(text));
}

TEST_F(Lines, HaveRoomBehindThemForAParser) {
  ReadLines lines(whole_file(write("file", stairs(300))));
  while (const auto line = lines.next()) {
    ASSERT_GE(line->text.capacity(), line->text.size() + kLinePadding);
  }
}

TEST_F(Lines, OfAllPartsAreTheLinesOfTheFile) {
  const std::string text = "\xef\xbb\xbf" + stairs(60) + "end";
  const std::vector<fs::path> files{write("file", text)};
  const auto expected = lines_of(text.substr(3));
  for (const std::int64_t part_bytes : {1, 2, 3, 7, 100, 1000, 19'999, 1'000'000}) {
    std::vector<std::string> all;
    std::int64_t end = 0;
    for (const FilePart& part : cut_files(files, {.part_bytes = part_bytes})) {
      EXPECT_EQ(part.begin, end);
      EXPECT_LE(part.end - part.begin, part_bytes);
      end = part.end;
      if (part_bytes < 100 && part.begin > 3000) continue;  // 30,000 of them would take long
      for (std::string& line : texts(part)) all.push_back(std::move(line));
    }
    EXPECT_EQ(end, static_cast<std::int64_t>(text.size()));
    all.resize(part_bytes < 100 ? 50 : all.size());
    ASSERT_TRUE(std::equal(all.begin(), all.end(), expected.begin(),
                           part_bytes < 100 ? expected.begin() + 50 : expected.end()))
        << part_bytes;
  }
}

TEST_F(Lines, OfAllStripesAreTheLinesOfTheFile) {
  const std::string text = stairs(100) + "end";
  const std::vector<fs::path> files{write("a", zstd(text)), write("b", gzip(text)),
                                    write("c", text), write("d", "")};
  const auto parts = cut_files(files, {.stripes = 3});
  ASSERT_EQ(parts.size(), 7U) << "three of each compressed file, one of the plain one";
  const auto expected = lines_of(text);
  for (std::size_t file = 0; file < 2; ++file) {
    for (std::size_t stripe = 0; stripe < 3; ++stripe) {
      std::vector<std::string> every_third;
      for (std::size_t i = stripe; i < expected.size(); i += 3) every_third.push_back(expected[i]);
      EXPECT_TRUE(texts(parts[3 * file + stripe]) == every_third);
    }
  }
}

TEST_F(Lines, SayWhereTheyStand) {
  const std::string text =
      "\xef\xbb\xbf"
      "first\n\nthird\r\nfourth\n" +
      stairs(80) + "last";
  const std::size_t last = text.size() - 4;
  const auto path = write("file", text);
  const std::vector<fs::path> files{path};
  const std::string name = path.string();
  for (const std::int64_t part_bytes : {1'000'000, 10'000, 11}) {
    std::vector<std::string> places;
    for (const FilePart& part : cut_files(files, {.part_bytes = part_bytes})) {
      if (part_bytes == 11 && part.begin > 40 && part.end + 40 < part.file->size()) continue;
      ReadLines lines(part);
      while (const auto line = lines.next()) places.push_back(describe(line->where));
    }
    EXPECT_EQ(places[0], name + ":1 (byte 3)");
    EXPECT_EQ(places[1], name + ":2 (byte 9)");
    EXPECT_EQ(places[2], name + ":3 (byte 10)");
    EXPECT_EQ(places[3], name + ":4 (byte 17)");
    EXPECT_EQ(places.back(), cat(name, ":85 (byte ", last, ")")) << part_bytes;
  }
}

TEST_F(Lines, OfCompressedFilesStandWhereTheyStandInTheText) {
  const std::vector<fs::path> files{write("file", zstd("one\ntwo\nthree\nfour\n"))};
  const auto parts = cut_files(files, {.stripes = 2});
  ReadLines odd(parts[1]);
  EXPECT_EQ(describe(odd.next()->where), files[0].string() + ":2 (byte 4)");
  EXPECT_EQ(describe(odd.next()->where), files[0].string() + ":4 (byte 14)");
}

TEST_F(Lines, AreCountedOnceForAllThatIsAskedOfAFile) {
  const auto path = write("file", stairs(400));
  const auto parts = cut_files(std::vector{path}, {.part_bytes = 20'000});
  ReadLines first(parts[3]);
  const auto line = first.next();
  const std::string before = describe(line->where);
  fs::remove(path);
  EXPECT_EQ(describe(line->where), before);

  ReadLines later(parts[7]);
  EXPECT_THROW(later.next(), Error);
  EXPECT_EQ(describe({parts[7].file, 77, parts[7].begin, 0}), path.string() + " (byte 77)")
      << "what can't be counted must not hide the message";
}

TEST_F(Lines, CanBeAskedForTheirPlacesByManyThreads) {
  const auto path = write("file", stairs(300));
  const auto parts = cut_files(std::vector{path}, {.part_bytes = 10'000});
  std::vector<std::vector<std::string>> places(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < places.size(); ++i) {
      threads.emplace_back([&, i] {
        for (std::size_t k = 0; k < parts.size(); ++k) {
          ReadLines lines(parts[i % 2 == 0 ? k : parts.size() - 1 - k]);
          while (const auto line = lines.next()) places[i].push_back(describe(line->where));
        }
      });
    }
  }
  for (auto& each : places) std::sort(each.begin(), each.end());
  EXPECT_EQ(places[0].size(), 300U);
  for (const auto& each : places) EXPECT_EQ(each, places[0]);
}

TEST_F(Lines, ThatAreTooLongAreAnErrorAndTheNextOneFollows) {
  const std::string text =
      "one\n12345\r\nthree\n" + std::string(500'000, 'x') + "\nfive\n" + std::string(7, 'y');
  const auto path = write("file", text);
  ReadLines lines(whole_file(path), {.max_line_bytes = 6});
  EXPECT_EQ(lines.next()->text, "one");
  EXPECT_EQ(lines.next()->text, "12345");
  EXPECT_EQ(lines.next()->text, "three");
  EXPECT_THAT([&] { lines.next(); }, ThrowsMessage<DataError>(AllOf(
                                         StartsWith(path.string() + ":4 (byte 17): "),
                                         HasSubstr("at most 6 bytes, but this one takes 500001"))));
  EXPECT_EQ(lines.next()->text, "five");
  EXPECT_THROW(lines.next(), DataError);
  EXPECT_FALSE(lines.next());

  ReadLines others({.file = whole_file(write("packed", gzip(text))).file, .stripes = 2},
                   {.max_line_bytes = 6});
  EXPECT_EQ(others.next()->text, "one");
  EXPECT_EQ(others.next()->text, "three");
  EXPECT_EQ(others.next()->text, "five")
      << "what other stripes can't read is theirs to complain of";
  EXPECT_FALSE(others.next());
}

TEST_F(Lines, EndWhereTheFileIsDamaged) {
  std::string packed = zstd("one\n") + zstd(stairs(5)) + zstd(stairs(5000));
  packed[packed.size() - 1] ^= 1;
  ReadLines lines(whole_file(write("file", packed)));
  std::int64_t given = 0;
  EXPECT_THAT(
      [&] {
        while (lines.next()) ++given;
      },
      ThrowsMessage<DataError>(HasSubstr("damaged zstd data")));
  EXPECT_GT(given, 6);
  EXPECT_FALSE(lines.next());
  lines.rewind(1);
  EXPECT_EQ(lines.next()->text, "one");
}

TEST_F(Lines, OfADamagedFileAreNotLeftOutAsOne) {
  std::string packed = zstd("one\n") + zstd(stairs(5000));
  packed[packed.size() - 1] ^= 1;
  const auto stream = Pipeline<Line>(open_lines(whole_file(write("file", packed))))
                          .skip_bad({.max_share = 1.0})
                          .stream();
  EXPECT_THAT(
      [&] {
        while (stream->next()) continue;
      },
      ThrowsMessage<DamagedFile>(HasSubstr("damaged zstd data")));
}

TEST_F(Lines, ThatAreBrokenTooOftenSayWhichSettingAllowsIt) {
  const auto path = write("file", stairs(20));
  const auto stream = Pipeline<Line>(std::make_unique<ReadLines>(whole_file(path),
                                                                 LineOptions{.max_line_bytes = 5}))
                          .skip_bad({.max_share = 0.001, .setting = "some.key"})
                          .stream();
  EXPECT_THAT(
      [&] {
        while (stream->next()) continue;
      },
      ThrowsMessage<DataError>(HasSubstr("a share of 0.001 (some.key says how many may be)")));
}

TEST_F(Lines, OfAFileThatIsAnotherOneNowAreToldFrom) {
  const auto path = write("file", "one\ntwo\n");
  const auto time = fs::last_write_time(path);
  const auto tells = [&](const FilePart& part, const char* what) {
    EXPECT_THAT(
        [&] { part.file->check_unchanged(); },
        ThrowsMessage<DamagedFile>(AllOf(StartsWith(path.string() + ": "), HasSubstr(what))));
  };
  const FilePart first = whole_file(path);
  first.file->check_unchanged();
  fs::rename(path, folder() / "away");
  write("file", "uno\ndos\n");
  fs::last_write_time(path, time);
  tells(first, "was replaced by another file while it was read");

  const FilePart second = whole_file(path);
  fs::last_write_time(path, time + std::chrono::seconds(1));
  tells(second, "was written to while it was read");
  fs::resize_file(path, 4);
  tells(second, "has changed from 8 to 4 bytes while it was read");
}

TEST_F(Lines, OfAFileThatShrankAreAnErrorAtOnce) {
  const auto path = write("file", stairs(100));
  const auto parts = cut_files(std::vector{path}, {.part_bytes = 30'000});
  ASSERT_EQ(parts.size(), 2U);
  fs::resize_file(path, 35'000);
  for (const FilePart& part : parts) {
    ReadLines lines(part);
    EXPECT_THAT([&] { lines.next(); },
                ThrowsMessage<DataError>(HasSubstr("shrunk from 42600 to 35000")));
    EXPECT_FALSE(lines.next());
  }
}

TEST_F(Lines, GoOnFromTheirPlaceWhereTheFileComesBack) {
  const auto path = write("file", "one\ntwo\n");
  ReadLines lines(whole_file(path));
  EXPECT_EQ(lines.next()->text, "one");
  const Bookmark place = save(lines);
  load(lines, place);
  fs::rename(path, folder() / "away");
  EXPECT_THROW(lines.next(), Error);
  EXPECT_FALSE(lines.next()) << "told once, so that other files are read";
  EXPECT_EQ(save(lines), place);
  fs::rename(folder() / "away", path);
  load(lines, place);
  EXPECT_EQ(lines.next()->text, "two");
}

TEST_F(Lines, OfAFileThatChangedAreNotReadFromTheMiddleOfOne) {
  for (const bool packed : {false, true}) {
    const std::string before = "one\ntwo\nthree\n";
    const std::string after = "other\nlines\nfour\n";
    const auto path = write("file", packed ? gzip(before) : before);
    const FilePart part = whole_file(path);
    ReadLines lines(part);
    lines.next();
    const Bookmark place = save(lines);
    write("file", packed ? gzip(after) : after);
    load(lines, place);
    EXPECT_THAT([&] { lines.next(); },
                ThrowsMessage<Error>(AllOf(HasSubstr("has changed"), HasSubstr("byte 4"))));
  }
}

TEST_F(Lines, RefuseWhatIsNoFileOfLines) {
  EXPECT_THAT([&] { whole_file(folder()); },
              ThrowsMessage<ConfigError>(HasSubstr("must be a file")));
  EXPECT_THAT([&] { whole_file(folder() / "absent"); },
              ThrowsMessage<Error>(HasSubstr("No such file")));
  EXPECT_THAT([&] { whole_file(write("x.gz", "plain")); },
              ThrowsMessage<DataError>(HasSubstr("neither gzip nor zstd")));
  const std::vector<fs::path> empty{write("a", ""), write("b", "")};
  EXPECT_THAT([&] { cut_files(empty); },
              ThrowsMessage<DataError>(
                  AllOf(HasSubstr(empty[0].string()), HasSubstr("and 1 more files are empty"))));
}

TEST_F(Lines, ComeOutOfManyFilesInAPipeline) {
  const std::vector<fs::path> files{write("a", "1\n2\n"), write("b", gzip("3\n4\n")),
                                    write("c", zstd("5"))};
  const auto stream = read_list(cut_files(files)).yield_from(open_lines).stream();
  std::string all;
  while (const auto line = stream->next()) all += line->text;
  EXPECT_EQ(all, "12345");
}

}  // namespace
}  // namespace roux::data
