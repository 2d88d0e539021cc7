#include "roux/data/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string read_all(ByteSource& source, std::size_t at_once = 1000) {
  std::string all;
  std::string piece(at_once, '\0');
  while (const std::size_t size = source.read(piece)) all.append(piece, 0, size);
  EXPECT_EQ(source.read(piece), 0U) << "the end must stay the end";
  return all;
}

// Some of it repeats and some does not, over many windows and buffers.
std::string long_text() {
  std::string text;
  for (std::uint32_t i = 0, random = 1; i < 200'000; ++i) {
    random = random * 1664525 + 1013904223;
    text += i % 5000 < 2500 ? static_cast<char>(random >> 24) : static_cast<char>('a' + i % 26);
  }
  return text;
}

class Bytes : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    put_file(folder_.path() / name, bytes);
    return folder_.path() / name;
  }
  std::string read(const std::string& bytes, std::size_t at_once = 1000) const {
    return read_all(*open_bytes(write("file", bytes)), at_once);
  }
  void refuses(const std::string& bytes, const std::string& what) const {
    EXPECT_THAT([&] { read(bytes); },
                ThrowsMessage<DataError>(
                    AllOf(HasSubstr((folder_.path() / "file").string()), HasSubstr(what))));
  }

  TemporaryFolder folder_;
};

TEST_F(Bytes, SayHowMuchOfTheFileTheyNeeded) {
  const std::string text = long_text();
  for (const std::string& packed : {text, gzip(text), zstd(text)}) {
    const auto source = open_bytes(write("file", packed));
    std::string piece(text.size() / 2, '\0');
    std::size_t read = 0;
    while (read < piece.size()) read += source->read({&piece[read], piece.size() - read});
    EXPECT_GT(source->file_bytes(), std::ssize(packed) / 4);
    EXPECT_LT(source->file_bytes(), std::ssize(packed) * 3 / 4);
    read_all(*source);
    EXPECT_EQ(source->file_bytes(), std::ssize(packed));
  }
}

TEST_F(Bytes, AreTheSameWhateverPacksThem) {
  for (const std::string& text : {std::string(), std::string("a\0b\n", 4), long_text()}) {
    for (const std::size_t at_once : {std::size_t{1} << 20, std::size_t{777}}) {
      EXPECT_TRUE(read(text, at_once) == text);
      EXPECT_TRUE(read(gzip(text), at_once) == text);
      EXPECT_TRUE(read(zstd(text), at_once) == text);
    }
  }
  EXPECT_EQ(read(gzip("one"), 1), "one");
  EXPECT_EQ(read(zstd("one"), 1), "one");
}

TEST_F(Bytes, OfSeveralMembersAndFramesFollowEachOther) {
  const std::string text = long_text();
  EXPECT_TRUE(read(gzip(text) + gzip("") + gzip("two") + gzip(text)) == text + "two" + text);
  EXPECT_TRUE(read(zstd(text) + zstd("") + zstd("two") + zstd(text)) == text + "two" + text);
}

TEST_F(Bytes, ThatOnlyFillUpArePassedOver) {
  EXPECT_EQ(read(gzip("one") + std::string(1000, '\0')), "one");
  const std::string skipped("\x5a\x2a\x4d\x18\x03\0\0\0abc", 11);
  EXPECT_EQ(read(skipped + zstd("one") + skipped), "one");
}

TEST_F(Bytes, AreReadFromThePlaceThatIsAskedFor) {
  EXPECT_EQ(read_all(*open_plain(write("file", "0123456789"), 7)), "789");
  EXPECT_EQ(read_all(*open_plain(write("file", "0123456789"), 10)), "");
}

TEST_F(Bytes, AreKnownByWhatTheyAreAndNotByTheirName) {
  EXPECT_EQ(read_all(*open_bytes(write("a.jsonl", gzip("one")))), "one");
  EXPECT_EQ(read_all(*open_bytes(write("a.gz", zstd("one")))), "one");
  EXPECT_THAT([&] { open_bytes(write("a.zst", "{\"te")); },
              ThrowsMessage<DataError>(
                  HasSubstr("a.zst: is named .zst, but holds neither gzip nor zstd: it begins with "
                            "the bytes 7b 22 74 65")));
  EXPECT_THAT([&] { open_bytes(write("a.gz", "")); },
              ThrowsMessage<DataError>(HasSubstr("a.gz: is named .gz, but holds neither gzip nor "
                                                 "zstd: it is empty")));
}

TEST_F(Bytes, ThatAreCutOffAreAnErrorWhereverTheyEnd) {
  const std::string text = "a text that is long enough to be packed, packed, packed and packed";
  for (const bool is_gzip : {true, false}) {
    const std::string packed = is_gzip ? gzip(text) : zstd(text);
    for (std::size_t size = 4; size < packed.size(); ++size) {
      refuses(packed.substr(0, size),
              cat("ends in the midst of its ", is_gzip ? "gzip" : "zstd", " data, at byte ", size));
      refuses(packed + packed.substr(0, size), cat("at byte ", packed.size() + size));
    }
  }
}

TEST_F(Bytes, ThatAreDamagedAreAnErrorThatSaysWhere) {
  std::string packed = gzip(long_text());
  packed[packed.size() - 8] ^= 1;
  refuses(packed, cat("holds damaged gzip data (incorrect data check), at byte "));
  refuses(gzip("one") + "two",
          "goes on with damaged gzip data (incorrect header check), at byte 2");
  refuses(gzip("one") + std::string(300'000, '\0') + "two",
          "goes on with what is no gzip data, at byte 3000");

  packed = zstd(long_text());
  packed.back() ^= 1;
  refuses(packed, "holds damaged zstd data (Restored data doesn't match checksum), at byte ");
  refuses(zstd("one") + "two", "holds damaged zstd data (Unknown frame descriptor), at byte 19");
}

TEST_F(Bytes, OfAFileThatShrinksAreAnErrorThatSaysFromWhatToWhat) {
  const auto path = write("file", std::string(1000, 'x'));
  EXPECT_THAT([&] { open_plain(path, 0, 1001); },
              ThrowsMessage<DataError>(HasSubstr("has shrunk from 1001 to 1000 bytes")));
  EXPECT_THAT([&] { open_plain(path, 1001); }, ThrowsMessage<DataError>(HasSubstr("to 1000")));

  const auto source = open_plain(path);
  std::string piece(600, '\0');
  source->read(piece);
  std::filesystem::resize_file(path, 500);
  EXPECT_THAT([&] { source->read(piece); },
              ThrowsMessage<DataError>(AllOf(
                  HasSubstr(path.string()),
                  HasSubstr("has shrunk from 1000 to 500 bytes while it is read, at byte 600"))));
}

TEST_F(Bytes, OfWhatIsNoFileAreAnError) {
  EXPECT_THAT([&] { open_bytes(folder_.path()); },
              ThrowsMessage<Error>(HasSubstr("Is a directory")));
  EXPECT_THAT([&] { open_bytes(folder_.path() / "absent"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("absent"), HasSubstr("No such file"))));
}

}  // namespace
}  // namespace roux::data
