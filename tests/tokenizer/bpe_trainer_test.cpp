#include "roux/tokenizer/bpe_trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/temporary_folder.h"
#include "roux/tokenizer/load.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/word_counter.h"

namespace roux {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

const std::filesystem::path kFixtures = ROUX_TOKENIZER_FIXTURES "/bpe_trainer";

std::string corpus() {
  return nlohmann::json::parse(read_file(kFixtures / "corpus.json"));
}

// Gives the texts one after the other.
std::function<bool(std::string&)> source(std::vector<std::string> texts) {
  return [texts = std::move(texts), at = std::size_t{0}](std::string& text) mutable {
    if (at == texts.size()) return false;
    text = texts[at++];
    return true;
  };
}

TrainedBpe train(const std::vector<std::string>& texts, const BpeTrainerConfig& config) {
  return train_bpe(config, source(texts));
}

// "h e", as a tokenizer.json of old spells a merge.
std::vector<std::string> spelled_merges(const TrainedBpe& trained) {
  const auto spelled = [&](TokenId id) {
    return spell_bytes(trained.tokens[static_cast<std::size_t>(id)]);
  };
  std::vector<std::string> merges;
  for (const auto& [left, right] : trained.merges) {
    merges.push_back(spelled(left) + " " + spelled(right));
  }
  return merges;
}

struct Pattern {
  const char* name;
  std::string_view pattern;
};

class BpeTrainerPatterns : public ::testing::TestWithParam<Pattern> {};

// Made by the tokenizers package: fixtures/bpe_trainer/make.py.
TEST_P(BpeTrainerPatterns, LearnsTheMergesOfTheTokenizersLibrary) {
  const auto expected =
      nlohmann::json::parse(read_file(kFixtures / (std::string(GetParam().name) + ".json")));

  const TrainedBpe trained = train({corpus()}, {.vocab_size = expected["vocab_size"],
                                                .pattern = std::string(GetParam().pattern),
                                                .special_tokens = {"<|endoftext|>", "<|pad|>"},
                                                .min_frequency = expected["min_frequency"]});

  EXPECT_EQ(trained.tokens.size(), expected["tokens"].get<std::size_t>());
  EXPECT_EQ(spelled_merges(trained), expected["merges"].get<std::vector<std::string>>());
}

INSTANTIATE_TEST_SUITE_P(All, BpeTrainerPatterns,
                         ::testing::Values(Pattern{"llama3", split_patterns::kLlama3},
                                           Pattern{"qwen2", split_patterns::kQwen2},
                                           Pattern{"gpt2", split_patterns::kGpt2}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(BpeTrainer, GivesTheFirstIdsToSpecialTokensAndThenToBytes) {
  const TrainedBpe trained =
      train({"aa aa"}, {.vocab_size = 259, .special_tokens = {"<a>", "<b>"}, .min_frequency = 2});

  EXPECT_EQ(trained.num_special, 2);
  EXPECT_EQ(trained.tokens.at(0), "<a>");
  EXPECT_EQ(trained.tokens.at(1), "<b>");
  EXPECT_EQ(trained.tokens.at(2), "!");  // the first of the characters that spell bytes
  EXPECT_EQ(trained.tokens.at(2 + 188), std::string(1, '\0'));  // spelled "Ā"
  EXPECT_EQ(trained.tokens.at(258), "aa");
  EXPECT_THAT(trained.merges, ElementsAre(std::pair(66, 66)));
}

TEST(BpeTrainer, TakesTheSmallerIdsOfPairsThatComeAsOften) {
  const TrainedBpe trained =
      train({"yz yz ab ab"}, {.vocab_size = 258, .special_tokens = {}, .min_frequency = 2});

  EXPECT_THAT(spelled_merges(trained), ElementsAre("a b", "y z"));
}

TEST(BpeTrainer, CountsPairsThatOverlapOnceForEachMerge) {
  // Five a's hold four pairs, of which two can be merged.
  const TrainedBpe trained =
      train({"aaaaa"}, {.vocab_size = 300, .special_tokens = {}, .min_frequency = 1});

  EXPECT_THAT(spelled_merges(trained), ElementsAre("a a", "aa a", "aa aaa"));
}

TEST(BpeTrainer, StopsWhereNoPairComesOftenEnough) {
  const std::vector<std::string> texts = {"abab", "ab", "cd"};

  EXPECT_THAT(spelled_merges(train(texts, {.vocab_size = 999, .min_frequency = 3})),
              ElementsAre("a b"));
  EXPECT_THAT(spelled_merges(train(texts, {.vocab_size = 999, .min_frequency = 4})), ElementsAre());
}

TEST(BpeTrainer, LeavesTheSpellingOfSpecialTokensOutOfTheCount) {
  const TrainedBpe trained = train({"xy<|endoftext|>xy<|endoftext|>z<|endoftext|>"},
                                   {.vocab_size = 999, .min_frequency = 2});

  EXPECT_THAT(spelled_merges(trained), ElementsAre("x y"));
}

TEST(BpeTrainer, GivesTheSameForAnyNumberOfThreadsAndWhereverTextsAreCut) {
  const std::string whole = corpus();
  std::vector<std::string> parts;
  std::string_view rest = whole;
  for (std::size_t size = 1; size < rest.size(); ++size) {
    const std::size_t cut = last_cut(rest.substr(0, size), split_patterns::kLlama3);
    if (cut == 0) continue;
    parts.emplace_back(rest.substr(0, cut));
    rest.remove_prefix(cut);
    size = 0;
  }
  parts.emplace_back(rest);
  ASSERT_GT(parts.size(), 50);
  const std::string one = tokenizer_json(train({whole}, {.vocab_size = 700, .num_threads = 1}));

  EXPECT_EQ(tokenizer_json(train({whole}, {.vocab_size = 700, .num_threads = 5})), one);
  EXPECT_EQ(tokenizer_json(train(parts, {.vocab_size = 700, .num_threads = 3})), one);
  std::ranges::reverse(parts);
  EXPECT_EQ(tokenizer_json(train(parts, {.vocab_size = 700})), one);
}

TEST(BpeTrainer, EncodesWithWhatItLearned) {
  const TemporaryFolder folder;
  const TrainedBpe trained = train({corpus()}, {.vocab_size = 700});

  save_tokenizer(trained, folder.path() / "new");

  const auto tokenizer = load_tokenizer(folder.path() / "new");
  EXPECT_EQ(tokenizer->size(), 700);
  EXPECT_EQ(tokenizer->special_tokens().eos, 0);
  const auto ids = tokenizer->encode(corpus());
  EXPECT_EQ(tokenizer->decode(ids), corpus());
  EXPECT_LT(ids.size(), corpus().size() / 2);
  EXPECT_THAT(tokenizer->encode("a<|endoftext|>"), Contains(0));
}

TEST(BpeTrainer, SpellsSpecialTokensInJsonAsTheyAre) {
  const std::string token = "<\"\\\n\u00e9>";
  const TrainedBpe trained = train({"a"}, {.vocab_size = 257, .special_tokens = {token}});

  const auto json = nlohmann::json::parse(tokenizer_json(trained));

  EXPECT_EQ(json["added_tokens"][0]["content"], token);
  EXPECT_EQ(json["model"]["vocab"][token], 0);
  EXPECT_EQ(json["model"]["vocab"].size(), 257);
}

TEST(BpeTrainer, CountsInvalidUtf8AsEncodingTakesIt) {
  EXPECT_EQ(
      tokenizer_json(train({"ab\xff"
                            "cd \xff\xff"},
                           {.vocab_size = 400, .min_frequency = 1})),
      tokenizer_json(train({"ab\ufffdcd \ufffd\ufffd"}, {.vocab_size = 400, .min_frequency = 1})));
}

TEST(BpeTrainer, RefusesASizeWithoutRoomAndTokensThatAreNone) {
  EXPECT_THAT([] { train({}, {.vocab_size = 256}); },
              ThrowsMessage<ConfigError>(HasSubstr("vocab_size must be at least 257, for every "
                                                   "byte and 1 special tokens, but is 256")));
  EXPECT_THAT(
      [] {
        train({}, {.special_tokens = {"a", "b", "a"}});
      },
      ThrowsMessage<ConfigError>(HasSubstr("\"a\" is given twice")));
  EXPECT_THROW(train({}, {.special_tokens = {""}}), ConfigError);
  EXPECT_THROW(train({}, {.special_tokens = {"\xff"}}), ConfigError);
}

TEST(BpeTrainer, PassesOnWhatReadingThrows) {
  int texts = 0;
  const auto next = [&](std::string& text) {
    if (++texts == 3) throw DataError("line 3");
    text = "words";
    return true;
  };

  EXPECT_THAT([&] { train_bpe({}, next); }, ThrowsMessage<DataError>("line 3"));
}

TEST(BpeTrainer, TellsHowFarItIs) {
  std::vector<BpeProgress> told;
  train_bpe({.vocab_size = 260, .min_frequency = 1}, source({"abc abc", "de"}),
            [&](const BpeProgress& progress) { told.push_back(progress); });

  ASSERT_EQ(told.size(), 4);
  EXPECT_EQ(told[0].bytes, 9);
  EXPECT_EQ(told[0].words, 3);
  EXPECT_EQ(told[0].tokens, 0);
  EXPECT_EQ(told[3].tokens, 260);
}

TEST(LastCut, LiesBetweenLinesOfWhichTheSecondBeginsWithNoSpace) {
  const auto last = [](std::string_view text) { return last_cut(text, split_patterns::kLlama3); };

  EXPECT_EQ(last("one\ntwo"), 4);
  EXPECT_EQ(last("one\n two\n"), 0);
  EXPECT_EQ(last("one\n\ntwo\nx"), 9);
  EXPECT_EQ(last("\u4e00\n\u4e00"), 4);
  EXPECT_EQ(last("a\n\u3000"), 0);
  EXPECT_EQ(last("a\n\u00a0b"), 0);
  EXPECT_EQ(last("a\n\xe4"), 2);
  EXPECT_EQ(last("a\n\xe2"), 0);  // the beginning of what may be a space
  EXPECT_EQ(last(""), 0);
}

// Whatever stands on both sides: pieces are the same with and without the cut.
TEST(LastCut, ChangesNoPieceOfAnyPattern) {
  std::mt19937 random(3);
  const std::vector<std::string> alphabet = {
      "a",  "b",  "1", "'",      ".",      "!",      " ",      "\t",     "\r",    "\n",
      "\n", "\n", "s", "\u3000", "\u00e9", "\u0301", "\u4e00", "\u2028", "\u00a0"};
  int compared = 0;
  for (const auto pattern :
       {split_patterns::kLlama3, split_patterns::kQwen2, split_patterns::kGpt2}) {
    const auto splitter = make_splitter(pattern);
    for (int i = 0; i < 3000; ++i) {
      std::string text;
      for (int k = 0; k < 12; ++k) text += alphabet[random() % alphabet.size()];
      const std::size_t cut = last_cut(text, pattern);
      if (cut == 0) continue;
      const std::string_view view = text;
      auto pieces = splitter->split(view.substr(0, cut));
      const auto rest = splitter->split(view.substr(cut));
      pieces.insert(pieces.end(), rest.begin(), rest.end());
      ASSERT_EQ(pieces, splitter->split(view)) << nlohmann::json(text);
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000);
}

std::map<std::string, std::int64_t> counted(const WordCounter& counter) {
  std::map<std::string, std::int64_t> counts;
  for (const CountedWord& each : counter.words()) counts[std::string(each.word)] = each.count;
  return counts;
}

TEST(WordCounter, ForgetsTheRarestWordsWhateverTheNumberOfThreads) {
  const auto splitter = make_splitter(split_patterns::kLlama3);
  std::mt19937 random(1);
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    texts.push_back("often");
    // Few of the numbers come twice in a block.
    texts.push_back(cat("w", random() % 1000, "w", random() % 100));
  }

  std::vector<std::map<std::string, std::int64_t>> results;
  for (const int threads : {1, 2, 7}) {
    WordCounter counter(*splitter, {.max_words = 200, .num_threads = threads, .block_bytes = 512});
    counter.count(source(texts), {});
    EXPECT_LE(counter.size(), 200 + 130);  // at most what one block adds
    EXPECT_GT(counter.forgotten(), 0);
    results.push_back(counted(counter));
  }

  EXPECT_EQ(results[0].at("often"), 400);
  EXPECT_EQ(results[1], results[0]);
  EXPECT_EQ(results[2], results[0]);
}

TEST(WordCounter, ForgetsUntilHalfAsManyAreLeft) {
  const auto splitter = make_splitter(split_patterns::kLlama3);
  WordCounter counter(*splitter, {.max_words = 4});

  counter.count(source({"a\na\na\na\nb\nb\nb\nc\nc\nd"}), {});

  // Five words with the line feed, which comes nine times.
  EXPECT_EQ(counted(counter), (std::map<std::string, std::int64_t>{{"\n", 9}, {"a", 4}}));
  EXPECT_EQ(counter.forgotten(), 3);
}

TEST(WordCounter, TakesWordsWithoutEndApartWithoutBreakingACharacter) {
  const auto splitter = make_splitter(split_patterns::kLlama3);
  WordCounter counter(*splitter, {.max_words = 100});
  std::string word = "a";
  while (word.size() < 3000) word += "\u00e9";

  counter.count(source({word}), {});

  const auto counts = counted(counter);
  EXPECT_EQ(counts.size(), 3);
  for (const auto& [part, count] : counts) {
    EXPECT_LE(part.size(), 1024);
    EXPECT_NE(static_cast<unsigned char>(part[0]) & 0xc0U, 0x80U);
  }
  EXPECT_EQ(counter.bytes(), word.size());
}

}  // namespace
}  // namespace roux
