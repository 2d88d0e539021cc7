#include "roux/tokenizer/sentencepiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::filesystem::path kFixtures = ROUX_TOKENIZER_FIXTURES "/sentencepiece";

constexpr EncodeOptions kPlain = {.add_special_tokens = false, .parse_special_tokens = false};
constexpr DecodeOptions kSkip = {.skip_special_tokens = true};

std::unique_ptr<Tokenizer> load(const std::string& name) {
  return load_sentencepiece(kFixtures / (name + ".model"));
}

// Made by the sentencepiece package: fixtures/sentencepiece/make.py.
const nlohmann::json& cases() {
  static const auto all = nlohmann::json::parse(read_file(kFixtures / "ids.json"));
  return all;
}

std::string streamed(const Tokenizer& tokenizer, const std::vector<TokenId>& ids,
                     const DecodeOptions& options) {
  const auto decoder = tokenizer.streaming_decoder(options);
  std::string text;
  for (const TokenId id : ids) text += decoder->push(id);
  return text + decoder->finish();
}

class SentencePiece : public ::testing::TestWithParam<const char*> {};

TEST_P(SentencePiece, EncodesAsTheLibraryDoes) {
  const auto tokenizer = load(GetParam());

  int compared = 0;
  for (const auto& each : cases()[GetParam()]) {
    if (!each.contains("text")) continue;
    const auto text = each["text"].get<std::string>();
    EXPECT_EQ(tokenizer->encode(text, kPlain), each["ids"].get<std::vector<TokenId>>()) << text;
    ++compared;
  }
  EXPECT_GT(compared, 60);
}

TEST_P(SentencePiece, DecodesAsTheLibraryDoes) {
  const auto tokenizer = load(GetParam());

  for (const auto& each : cases()[GetParam()]) {
    const auto ids = each["ids"].get<std::vector<TokenId>>();
    EXPECT_EQ(tokenizer->decode(ids, kSkip), each["decoded"].get<std::string>()) << each;
  }
}

TEST_P(SentencePiece, GivesTheSameTextTokenByToken) {
  const auto tokenizer = load(GetParam());

  for (const auto& each : cases()[GetParam()]) {
    const auto ids = each["ids"].get<std::vector<TokenId>>();
    EXPECT_EQ(streamed(*tokenizer, ids, kSkip), tokenizer->decode(ids, kSkip)) << each;
    EXPECT_EQ(streamed(*tokenizer, ids, {}), tokenizer->decode(ids)) << each;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, SentencePiece, ::testing::Values("unigram", "bpe", "no_prefix"));

TEST(SentencePieceTokenizer, HoldsBackBytesUntilTheCharacterIsWhole) {
  const auto tokenizer = load("bpe");
  const auto decoder = tokenizer->streaming_decoder();
  std::vector<TokenId> bytes;
  for (const char* piece : {"<0xF0>", "<0x9F>", "<0x91>", "<0x8D>", "<0xE6>"}) {
    bytes.push_back(*tokenizer->find(piece));
  }

  EXPECT_EQ(decoder->push(bytes[0]), "");
  EXPECT_EQ(decoder->push(bytes[1]), "");
  EXPECT_EQ(decoder->push(bytes[2]), "");
  EXPECT_EQ(decoder->push(bytes[3]), "👍");
  EXPECT_EQ(decoder->push(bytes[4]), "");
  EXPECT_EQ(decoder->finish(), "\xef\xbf\xbd");
}

// A model that drops the spaces in front of a text: one in the middle is none of those.
TEST(SentencePieceTokenizer, KeepsSpacesBehindATokenThatIsASpaceAlone) {
  const auto tokenizer = load("unigram");
  const TokenId space = tokenizer->find("\u2581").value();
  const TokenId word = tokenizer->find("\u2581the").value();
  const std::vector<TokenId> ids = {word, space, space, word};

  EXPECT_EQ(tokenizer->decode(ids), "the   the");
  EXPECT_EQ(streamed(*tokenizer, ids, {}), "the   the");
}

TEST(SentencePieceTokenizer, AddsWhatTheOptionsSayAsLlamaDoes) {
  const auto plain = load("bpe")->encode("hi", kPlain);
  auto with_bos = plain;
  with_bos.insert(with_bos.begin(), 1);
  auto with_both = with_bos;
  with_both.push_back(2);

  EXPECT_EQ(load("bpe")->encode("hi"), with_bos);
  EXPECT_EQ(load_sentencepiece(kFixtures / "bpe.model", {.add_eos = true})->encode("hi"),
            with_both);
  EXPECT_EQ(load_sentencepiece(kFixtures / "bpe.model", {.add_bos = false})->encode("hi"), plain);
  // A model without a BOS gets none.
  EXPECT_EQ(load("no_prefix")->encode("hi"), load("no_prefix")->encode("hi", kPlain));
}

TEST(SentencePieceTokenizer, TakesTheTextOfAControlTokenForTheTokenOnlyIfAsked) {
  const auto tokenizer = load("bpe");
  const TokenId turn2 = *tokenizer->find("<turn2>");
  auto expected = tokenizer->encode("a", kPlain);
  expected.push_back(turn2);
  const auto b = tokenizer->encode("b", kPlain);
  expected.insert(expected.end(), b.begin(), b.end());

  // Of two that begin alike the longer one.
  EXPECT_EQ(tokenizer->encode("a<turn2>b", {.add_special_tokens = false}), expected);
  EXPECT_EQ(tokenizer->decode(expected), "a<turn2>b");
  EXPECT_EQ(tokenizer->decode(expected, kSkip), "a b");
  EXPECT_THAT(tokenizer->encode("a<turn2>b", kPlain), ::testing::Not(::testing::Contains(turn2)));
  EXPECT_TRUE(tokenizer->is_special(turn2));
  EXPECT_FALSE(tokenizer->is_special(*tokenizer->find("<tool>")));
}

TEST(SentencePieceTokenizer, KnowsItsTokens) {
  const auto tokenizer = load("bpe");

  EXPECT_EQ(tokenizer->special_tokens().unk, 0);
  EXPECT_EQ(tokenizer->special_tokens().bos, 1);
  EXPECT_EQ(tokenizer->special_tokens().eos, 2);
  EXPECT_EQ(tokenizer->special_tokens().pad, 3);
  EXPECT_EQ(tokenizer->token(1), "<s>");
  EXPECT_EQ(tokenizer->find("<unk>"), 0);
  EXPECT_EQ(tokenizer->find("no such token"), std::nullopt);
  EXPECT_EQ(tokenizer->token(-1), std::nullopt);
  EXPECT_EQ(tokenizer->token(tokenizer->size()), std::nullopt);
  EXPECT_EQ(load("no_prefix")->special_tokens().bos, std::nullopt);
}

TEST(SentencePieceTokenizer, RefusesAnIdThatIsNotInTheVocabulary) {
  const auto tokenizer = load("unigram");

  EXPECT_THAT(
      [&] {
        tokenizer->decode(std::vector<TokenId>{1, tokenizer->size()});
      },
      ThrowsMessage<DataError>(HasSubstr(cat("but is ", tokenizer->size()))));
  EXPECT_THROW(tokenizer->streaming_decoder()->push(-1), DataError);
}

TEST(SentencePieceTokenizer, RefusesAFileThatIsNoModelWithItsName) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.model";
  const std::string model = read_file(kFixtures / "bpe.model");

  for (const std::string& bytes : {std::string(), std::string("no model at all"),
                                   model.substr(0, model.size() / 2), model.substr(1)}) {
    write_file(path, bytes);
    EXPECT_THAT([&] { load_sentencepiece(path); },
                ThrowsMessage<DataError>(HasSubstr("tokenizer.model: no SentencePiece model")));
  }
  EXPECT_THROW(load_sentencepiece(folder.path() / "missing.model"), Error);
}

}  // namespace
}  // namespace roux
