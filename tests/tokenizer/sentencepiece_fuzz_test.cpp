#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/tokenizer/sentencepiece.h"

namespace roux {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kFixtures = ROUX_TOKENIZER_FIXTURES "/sentencepiece";

// One kind of damage each: a bit, a byte, some bytes that are gone or doubled, a cut end.
std::string damaged(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const std::size_t times = 1 + below(3);
  for (std::size_t i = 0; i < times && !bytes.empty(); ++i) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        break;
      case 1:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, 1 + below(64)));
        break;
      case 4:
        for (std::size_t j = at; j < std::min(at + 4, bytes.size()); ++j) {
          bytes[j] = static_cast<char>(0xff);
        }
        break;
      default:
        if (below(8) == 0) bytes.resize(at);
        break;
    }
  }
  return bytes;
}

// What can be asked of a tokenizer, with a text that leads through every table.
void use(const Tokenizer& tokenizer) {
  std::string text = "  The house\t of １２３ Ｆｕｌｌ ﬁne ｶﾞ é e\u0301 ½ ™ 日本語 👍 <s> </s> xyz";
  for (int byte = 1; byte < 256; ++byte) text += static_cast<char>(byte);
  const std::vector<TokenId> ids = tokenizer.encode(text);
  tokenizer.decode(ids);
  const auto stream = tokenizer.streaming_decoder();
  for (const TokenId id : ids) stream->push(id);
  stream->finish();
}

// Returns how many of `count` damaged copies were refused.
int refused(const std::string& name, int count, std::uint64_t seed) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "tokenizer.model";
  const std::string whole = read_file(kFixtures / name);
  std::mt19937_64 random(seed);
  int refusals = 0;
  for (int i = 0; i < count; ++i) {
    const std::string bytes = damaged(whole, random);
    write_file(path, bytes);
    // Where the library dies there is no more to say than this.
    if (const char* keep = std::getenv("ROUX_FUZZ_KEEP")) write_file(keep, bytes);
    try {
      use(*load_sentencepiece(path));
    } catch (const DataError&) {
      ++refusals;
    }
  }
  return refusals;
}

class SentencePieceFuzz : public ::testing::TestWithParam<const char*> {};

// Either a tokenizer or a DataError: anything else ends the program.
TEST_P(SentencePieceFuzz, SurvivesDamagedModels) {
  EXPECT_GT(refused(GetParam(), 60, 1), 10);
}

INSTANTIATE_TEST_SUITE_P(Models, SentencePieceFuzz,
                         ::testing::Values("unigram.model", "bpe.model", "no_prefix.model"));

// Where the first unit of the normalizer's trie leads out of it, libsentencepiece 0.1.97 dies.
TEST(SentencePieceDamage, IsRefusedInTheNormalizersTables) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "tokenizer.model";
  const std::string whole = read_file(kFixtures / "unigram.model");
  // Field 2, of 1039 bytes, which begin with the size of the trie: 1024.
  const std::string begin("\x12\x8f\x08\0\x04\0\0", 7);
  ASSERT_NE(whole.find(begin), std::string::npos);
  const std::size_t tables = whole.find(begin) + 3;
  const auto refusal = [&](std::size_t at, const std::string& bytes) {
    std::string model = whole;
    model.replace(tables + at, bytes.size(), bytes);
    write_file(path, model);
    try {
      load_sentencepiece(path);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string("not refused");
  };

  EXPECT_THAT(refusal(4, "\xff\xff\xff\xff"), HasSubstr(cat("at byte ", tables + 4,
                                                            " is a normalizer's "
                                                            "trie that leads out of itself")));
  EXPECT_THAT(refusal(0, std::string("\xff\xff\0\0", 4)),
              HasSubstr("is the size of a normalizer's trie, which can't be 65535"));
  EXPECT_THAT(refusal(4 + 1024, std::string(11, 'x')), HasSubstr("must be the NUL"));
}

class SlowSentencePieceFuzz : public ::testing::TestWithParam<const char*> {};

TEST_P(SlowSentencePieceFuzz, SurvivesDamagedModels) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(cat("seed ", seed));
  EXPECT_GT(refused(GetParam(), 3000, seed), 500);
}

INSTANTIATE_TEST_SUITE_P(Models, SlowSentencePieceFuzz,
                         ::testing::Values("unigram.model", "bpe.model", "no_prefix.model"));

}  // namespace
}  // namespace roux
