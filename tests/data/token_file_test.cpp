#include "roux/data/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "data/token_format.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/random.h"
#include "roux/base/temporary_folder.h"

namespace roux::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
using Ids = std::vector<std::int32_t>;

class TokenFileTest : public testing::Test {
 protected:
  void write(const std::vector<Ids>& documents, std::int32_t max_id = 60000) {
    TokenFileWriter writer(path_, max_id);
    std::uint32_t key = 100;
    for (const Ids& ids : documents) writer.add(ids, key++);
    writer.finish("{\"made\": \"here\"}");
  }

  static std::vector<Ids> all_of(const TokenFile& file) {
    std::vector<Ids> all(static_cast<std::size_t>(file.num_documents()));
    for (std::size_t i = 0; i < all.size(); ++i) file.read(static_cast<std::int64_t>(i), all[i]);
    return all;
  }

  void expect_refused(const std::string& bytes, const std::string& why) {
    write_file(path_, bytes);
    EXPECT_THAT([&] { all_of(TokenFile(path_)); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(path_.string()), HasSubstr(why))));
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "a.tokens";
};

TEST_F(TokenFileTest, GivesBackWhatWasWritten) {
  const std::vector<Ids> documents{{1, 2, 60000}, {}, {7}, {0, 65535, 5, 4}};
  for (const std::int32_t max_id : {65535, 65536}) {
    write(documents, max_id);
    const TokenFile file(path_);
    EXPECT_EQ(file.token_bytes(), max_id == 65535 ? 2 : 4);
    EXPECT_EQ(file.num_documents(), 4);
    EXPECT_EQ(file.num_tokens(), 8);
    EXPECT_EQ(file.length(3), 4);
    EXPECT_EQ(file.begin(3), 4);
    EXPECT_EQ(file.key(3), 103U);
    EXPECT_EQ(file.description(), "{\"made\": \"here\"}");
    EXPECT_EQ(all_of(file), documents);
    EXPECT_NO_THROW(file.verify());
  }
}

TEST_F(TokenFileTest, MayHoldNothing) {
  write({});
  const TokenFile file(path_);
  EXPECT_EQ(file.num_documents(), 0);
  EXPECT_EQ(ReadTokens(file, 0, 0).next(), std::nullopt);
}

TEST_F(TokenFileTest, IsNotThereBeforeItIsWhole) {
  {
    TokenFileWriter writer(path_, 10);
    writer.add(Ids(3'000'000, 5), 0);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(TokenFileTest, RefusesAnIdThatDoesNotFit) {
  TokenFileWriter writer(path_, 10);
  EXPECT_THROW(writer.add(Ids{70000}, 0), InternalError);
  EXPECT_THROW(writer.add(Ids{-1}, 0), InternalError);
}

TEST_F(TokenFileTest, RefusesWhatIsNotWhole) {
  write({{1, 2, 3}, {4, 5}});
  const std::string whole = read_file(path_);
  expect_refused("", "it is empty");
  expect_refused("too little", "it has only 10 bytes");
  expect_refused(std::string(whole.size(), 'x'), "does not begin with \"roux-tok\"");
  write_file(path_, whole);
  for (std::size_t cut = whole.size() - 1; cut > 0; --cut) {
    std::filesystem::resize_file(path_, cut);
    EXPECT_THROW(TokenFile{path_}, DataError) << cut;
  }
  const auto with = [&](auto change) {
    std::string bytes = whole;
    Footer footer;
    std::memcpy(&footer, bytes.data() + bytes.size() - sizeof(footer), sizeof(footer));
    change(footer, bytes);
    std::memcpy(bytes.data() + bytes.size() - sizeof(footer), &footer, sizeof(footer));
    return bytes;
  };
  expect_refused(with([](Footer& f, std::string&) { f.num_tokens = 9; }),
                 "its 9 tokens, 2 documents");
  expect_refused(with([](Footer& f, std::string&) { f.num_tokens = ~0ULL; }), "do not make");
  expect_refused(with([](Footer& f, std::string&) { f.num_documents = 1ULL << 61; }),
                 "do not make");
  expect_refused(with([](Footer& f, std::string&) { f.token_bytes = 3; }), "have 3 bytes");
  expect_refused(with([](Footer& f, std::string&) { f.version = 2; }), "its version is 2");
  const auto end = [](std::uint64_t index, std::uint64_t value) {
    return [=](Footer& f, std::string& bytes) {
      std::memcpy(bytes.data() + ends_offset(f) + index * 8, &value, sizeof(value));
    };
  };
  expect_refused(with(end(0, 6)), "document 0 is said to go from token 0 to 6");
  expect_refused(with(end(1, 4)), "its last document ends at token 4 of 5");
}

TEST_F(TokenFileTest, FindsAChangedByteWhenItIsVerified) {
  write({{1, 2, 3}, {4, 5}});
  std::string bytes = read_file(path_);
  bytes[kPrefixBytes + 2] ^= 1;
  write_file(path_, bytes);
  const TokenFile file(path_);
  EXPECT_THAT([&] { file.verify(); }, ThrowsMessage<DataError>(HasSubstr("its checksum is")));
}

TEST_F(TokenFileTest, SaysThatItShrankWhileItWasRead) {
  write({Ids(100, 3), Ids(100000, 3)});
  ReadTokens tokens(TokenFile(path_), 0, 2);
  tokens.next();
  std::filesystem::resize_file(path_, 4096);
  EXPECT_THAT(
      [&] { tokens.next(); },
      ThrowsMessage<DataError>(HasSubstr("shrank while it was read, from 200368 bytes to 4096")));
}

TEST_F(TokenFileTest, ReadsARangeAndGoesOnAnywhere) {
  write({{1}, {2}, {3}, {4}});
  ReadTokens stream(TokenFile(path_), 1, 3);
  EXPECT_THAT(stream.next()->ids, ElementsAre(2));
  const Bookmark place = save(stream);
  EXPECT_EQ(place.text(), "tokens 2");
  EXPECT_THAT(stream.next()->ids, ElementsAre(3));
  EXPECT_EQ(stream.next(), std::nullopt);
  load(stream, place);
  EXPECT_THAT(stream.next()->ids, ElementsAre(3));
  stream.rewind(0);
  EXPECT_THAT(stream.next()->ids, ElementsAre(2));
  EXPECT_THROW(load(stream, Bookmark("tokens 0")), DataError);
}

TEST_F(TokenFileTest, LeavesOutWhatIsNotTaken) {
  write({{1}, {2}, {3}, {4}});
  ReadTokens stream(TokenFile(path_), 0, 4, [](std::uint32_t key) { return key % 2 == 1; });
  EXPECT_THAT(stream.next()->ids, ElementsAre(2));
  EXPECT_THAT(stream.next()->ids, ElementsAre(4));
  EXPECT_EQ(stream.next(), std::nullopt);
}

}  // namespace
}  // namespace roux::data
