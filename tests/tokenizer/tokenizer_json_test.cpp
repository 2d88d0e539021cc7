#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/tokenizer/load.h"
#include "tokenizer/fixtures.h"

namespace roux {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Characters and a few merges: "ab" soonest, then "abc".
json small() {
  return json::parse(R"({
    "version": "1.0", "truncation": null, "padding": null,
    "added_tokens": [
      {"id": 7, "content": "<x>", "single_word": false, "lstrip": false, "rstrip": false,
       "normalized": false, "special": true}],
    "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
    "model": {"type": "BPE", "dropout": null, "unk_token": "?", "fuse_unk": false,
      "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, " ": 4, "ab": 5, "abc": 6},
      "merges": ["a b", "ab c"]}
  })");
}

class TokenizerJson : public ::testing::Test {
 protected:
  std::unique_ptr<Tokenizer> load(const json& document) {
    write(document.dump());
    return load_tokenizer(path());
  }
  std::string refusal(const json& document) {
    try {
      load(document);
    } catch (const DataError& e) {
      const std::string message = e.what();
      EXPECT_THAT(message, StartsWith(path().string() + ": "));
      return message.substr(std::min(message.size(), path().string().size() + 2));
    }
    return "";
  }
  std::string refusal(const std::function<void(json&)>& change) {
    json document = small();
    change(document);
    return refusal(document);
  }
  // Not write_file: waiting for the disk each time takes far longer than the tests.
  void write(const std::string& text) {
    std::ofstream(path(), std::ios::binary)
        .write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  std::filesystem::path path() const { return folder.path() / "tokenizer.json"; }

  TemporaryFolder folder;
};

TEST_F(TokenizerJson, MergesTheLeastRankFirst) {
  EXPECT_THAT(load(small())->encode("abcab"), ElementsAre(6, 5));
}

TEST_F(TokenizerJson, ReadsMergesAsPairsToo) {
  json document = small();
  document["model"]["merges"] = json::parse(R"([["a", "b"], ["ab", "c"]])");

  EXPECT_THAT(load(document)->encode("abc"), ElementsAre(6));
}

TEST_F(TokenizerJson, FusesUnknownCharactersIfToldTo) {
  json document = small();
  EXPECT_THAT(load(document)->encode("axyb"), ElementsAre(1, 0, 0, 2));

  document["model"]["fuse_unk"] = true;
  EXPECT_THAT(load(document)->encode("axyb"), ElementsAre(1, 0, 2));
}

TEST_F(TokenizerJson, LeavesOutWhatIsUnknownWithoutATokenForIt) {
  json document = small();
  document["model"]["unk_token"] = nullptr;

  EXPECT_THAT(load(document)->encode("bxa"), ElementsAre(2, 1));
}

TEST_F(TokenizerJson, TakesAWholePieceIfMergesAreIgnored) {
  json document = small();
  document["model"]["vocab"]["cab"] = 8;
  EXPECT_THAT(load(document)->encode("cab"), ElementsAre(3, 5));

  document["model"]["ignore_merges"] = true;
  EXPECT_THAT(load(document)->encode("cab"), ElementsAre(8));
}

TEST_F(TokenizerJson, ParsesSpecialTokensUnlessToldNotTo) {
  const auto tokenizer = load(small());

  EXPECT_THAT(tokenizer->encode("a<x>b"), ElementsAre(1, 7, 2));
  EXPECT_THAT(tokenizer->encode("a<x>b", {.parse_special_tokens = false}),
              ElementsAre(1, 0, 0, 0, 2));
}

// Those of the `tokenizers` library, which gives ids itself and only warns of others in a file.
TEST_F(TokenizerJson, CountsAddedTokensOnFromTheModels) {
  json document = small();
  document["added_tokens"][0]["id"] = 20;
  document["added_tokens"].push_back(document["added_tokens"][0]);
  document["added_tokens"][1]["content"] = "abc";

  EXPECT_THAT(load(document)->encode("<x>abc"), ElementsAre(7, 6));
}

TEST_F(TokenizerJson, NamesItsTokens) {
  const auto tokenizer = load(small());

  EXPECT_EQ(tokenizer->size(), 8);
  EXPECT_EQ(tokenizer->token(6), "abc");
  EXPECT_EQ(tokenizer->token(7), "<x>");
  EXPECT_EQ(tokenizer->token(8), std::nullopt);
  EXPECT_EQ(tokenizer->token(-1), std::nullopt);
  EXPECT_EQ(tokenizer->find("abc"), 6);
  EXPECT_EQ(tokenizer->find("<x>"), 7);
  EXPECT_EQ(tokenizer->find("abcd"), std::nullopt);
  EXPECT_TRUE(tokenizer->is_special(7));
  EXPECT_FALSE(tokenizer->is_special(6));
  EXPECT_EQ(tokenizer->special_tokens().unk, 0);
}

TEST_F(TokenizerJson, RefusesToDecodeAnIdThatIsNone) {
  const auto tokenizer = load(small());

  EXPECT_THROW(tokenizer->decode(std::vector<TokenId>{8}), DataError);
  EXPECT_THROW(tokenizer->streaming_decoder()->push(-1), DataError);
}

TEST_F(TokenizerJson, SpellsBytesInAByteLevelVocabulary) {
  const auto tokenizer = load_tokenizer(fixture("gpt2.json"));

  const auto space_the = tokenizer->find("Ġthe");

  ASSERT_TRUE(space_the);
  EXPECT_EQ(tokenizer->token(*space_the), "Ġthe");
  EXPECT_EQ(tokenizer->decode(std::vector{*space_the}), " the");
}

TEST_F(TokenizerJson, ReadsSpecialTokensFromTheFilesBeside) {
  load(small());
  write_file(folder.path() / "tokenizer_config.json",
             R"({"bos_token": {"content": "<x>"}, "pad_token": null,
                 "added_tokens_decoder": {"9": {"content": "<new>", "special": true}}})");
  write_file(folder.path() / "special_tokens_map.json", R"({"bos_token": "a", "pad_token": "b"})");
  write_file(folder.path() / "config.json", R"({"eos_token_id": [3, 1], "pad_token_id": 5})");

  const auto tokenizer = load_tokenizer(folder.path());

  EXPECT_EQ(tokenizer->special_tokens().bos, 7);
  EXPECT_EQ(tokenizer->special_tokens().pad, 2);
  EXPECT_EQ(tokenizer->special_tokens().eos, 3);
  EXPECT_EQ(tokenizer->special_tokens().unk, 0);
  EXPECT_THAT(tokenizer->encode("a<new>"), ElementsAre(1, 9));
}

TEST_F(TokenizerJson, SaysWhichSpecialTokenIsNone) {
  load(small());
  write_file(folder.path() / "tokenizer_config.json", R"({"bos_token": "<s>"})");

  try {
    load_tokenizer(folder.path());
    FAIL();
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), EndsWith("tokenizer_config.json: bos_token must be a token of the "
                                   "vocabulary, but is \"<s>\""));
  }
}

TEST_F(TokenizerJson, RefusesWhatItDoesNotKnowByName) {
  EXPECT_THAT(refusal([](json& d) {
                d["model"] = {{"type", "WordPiece"}, {"vocab", json::object()}};
              }),
              HasSubstr("model has the type \"WordPiece\", which is not supported; known is BPE"));
  EXPECT_THAT(refusal([](json& d) {
                d["normalizer"] = {{"type", "Nmt"}};
              }),
              HasSubstr("normalizer.type \"Nmt\" is not supported; known are Lowercase"));
  EXPECT_THAT(refusal([](json& d) {
                d["pre_tokenizer"] = {{"type", "Sequence"},
                                      {"pretokenizers", {{{"type", "UnicodeScripts"}}}}};
              }),
              HasSubstr("pre_tokenizer.pretokenizers[0].type \"UnicodeScripts\" is not supported"));
  EXPECT_THAT(refusal([](json& d) {
                d["decoder"] = {{"type", "CTC"}};
              }),
              HasSubstr("decoder.type \"CTC\" is not supported"));
  EXPECT_THAT(refusal([](json& d) {
                d["post_processor"] = {{"type", "Mine"}};
              }),
              HasSubstr("post_processor.type \"Mine\" is not supported"));
  EXPECT_THAT(refusal([](json& d) { d["model"]["lowercase"] = true; }),
              HasSubstr("model has \"lowercase\", which is not supported; known are type, "));
  EXPECT_THAT(refusal([](json& d) { d["model"]["dropout"] = 0.1; }),
              "model.dropout must be 0 or null, since a text must have the same ids each time, but "
              "is 0.1");
  EXPECT_THAT(refusal([](json& d) { d["model"]["end_of_word_suffix"] = "</w>"; }),
              HasSubstr("model.end_of_word_suffix is not supported"));
}

TEST_F(TokenizerJson, RefusesWhatContradictsItself) {
  EXPECT_EQ(refusal([](json& d) { d["model"]["merges"].push_back("a c"); }),
            "model.merges has at 2 a merge of \"a\" and \"c\", but \"ac\" is no token");
  EXPECT_THAT(refusal([](json& d) { d["model"]["merges"].push_back("abc"); }),
              HasSubstr("model.merges has at 2 what must be two tokens with a space between"));
  EXPECT_EQ(refusal([](json& d) { d["model"]["vocab"]["d"] = 1; }),
            "model.vocab gives the id 1 to two tokens, of which one is \"d\"");
  EXPECT_THAT(refusal([](json& d) { d["model"]["vocab"]["d"] = 1e9; }),
              HasSubstr("model.vocab has the token \"d\", whose id must be between 0 and "));
  EXPECT_EQ(refusal([](json& d) { d["model"]["unk_token"] = "<unk>"; }),
            "model.unk_token must be a token of the vocabulary, but is \"<unk>\"");
  EXPECT_EQ(refusal([](json& d) { d["added_tokens"][0]["content"] = ""; }),
            "added_tokens[0].content must be a text that is not empty, but is \"\"");
  EXPECT_EQ(refusal([](json& d) { d["added_tokens"][0]["lstrip"] = 1; }),
            "added_tokens[0].lstrip must be true or false, but is 1");
  EXPECT_EQ(refusal([](json& d) { d["model"].erase("vocab"); }), "model has no \"vocab\"");
  EXPECT_EQ(refusal([](json& d) {
              d["decoder"] = {{"type", "ByteLevel"}};
            }),
            "decoder is ByteLevel, which is not supported unless the pre_tokenizer is too");
}

TEST_F(TokenizerJson, SaysWhereItStopsToBeJson) {
  write("{\"model\": [1, 2,}");

  try {
    load_tokenizer(path());
    FAIL();
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), StartsWith(path().string() + ": is no JSON at byte 17"));
  }
}

// Steps of all kinds, as the `tokenizers` library cuts (its answers stand here).
TEST_F(TokenizerJson, CutsAsEachPreTokenizerDoes) {
  const auto ids_with = [&](const json& step, std::string_view text) {
    json document = small();
    document["model"]["vocab"]["1"] = 8;
    document["model"]["vocab"]["."] = 9;
    document["model"]["vocab"]["1."] = 10;
    document["model"]["vocab"]["11"] = 11;
    document["model"]["vocab"][".."] = 12;
    document["model"]["merges"] = {"a b", "1 .", "1 1", ". ."};
    document["pre_tokenizer"] = step;
    return load(document)->encode(text);
  };
  const auto split = [](const char* text, const char* behavior, bool invert = false) {
    return json{{"type", "Split"},
                {"pattern", {{"String", text}}},
                {"behavior", behavior},
                {"invert", invert}};
  };

  EXPECT_THAT(ids_with(nullptr, "1.11"), ElementsAre(10, 11));
  EXPECT_THAT(ids_with({{"type", "Digits"}, {"individual_digits", true}}, "1.11"),
              ElementsAre(8, 9, 8, 8));
  EXPECT_THAT(ids_with({{"type", "Digits"}, {"individual_digits", false}}, "1.11"),
              ElementsAre(8, 9, 11));
  EXPECT_THAT(ids_with({{"type", "Punctuation"}, {"behavior", "Isolated"}}, "1..1"),
              ElementsAre(8, 9, 9, 8));
  EXPECT_THAT(ids_with({{"type", "Punctuation"}, {"behavior", "Contiguous"}}, "1..1"),
              ElementsAre(8, 12, 8));
  EXPECT_THAT(ids_with({{"type", "Whitespace"}}, "1. a b"), ElementsAre(8, 9, 1, 2));
  EXPECT_THAT(ids_with({{"type", "WhitespaceSplit"}}, "1. a b"), ElementsAre(10, 1, 2));
  EXPECT_THAT(ids_with(split("1", "Removed"), "1.1a"), ElementsAre(9, 1));
  EXPECT_THAT(ids_with(split("1", "Removed", true), "1.1a"), ElementsAre(8, 8));
  EXPECT_THAT(ids_with(split(".", "MergedWithPrevious"), "1..1"), ElementsAre(10, 9, 8));
  EXPECT_THAT(ids_with(split("1", "MergedWithNext"), "11."), ElementsAre(8, 10));
}

TEST_F(TokenizerJson, NormalizesBeforeItCuts) {
  const auto ids_with = [&](const json& normalizer, std::string_view text) {
    json document = small();
    document["normalizer"] = normalizer;
    return load(document)->encode(text);
  };

  EXPECT_THAT(ids_with({{"type", "Lowercase"}}, "ABC"), ElementsAre(6));
  EXPECT_THAT(ids_with({{"type", "NFKC"}}, "ａｂ"), ElementsAre(5));
  EXPECT_THAT(ids_with({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}}, " ab "),
              ElementsAre(5));
  EXPECT_THAT(ids_with({{"type", "Prepend"}, {"prepend", "c"}}, "ab"), ElementsAre(3, 5));
  EXPECT_THAT(ids_with({{"type", "Prepend"}, {"prepend", "c"}}, ""), ElementsAre());
  EXPECT_THAT(
      ids_with({{"type", "Replace"}, {"pattern", {{"Regex", "[xy]+"}}}, {"content", "a"}}, "xyb"),
      ElementsAre(5));
}

TEST_F(TokenizerJson, JoinsTokensAsTheDecoderSays) {
  json document = small();
  document["model"]["vocab"]["▁a"] = 8;
  document["model"]["vocab"]["<0xC3>"] = 9;
  document["model"]["vocab"]["<0xA9>"] = 10;
  const auto text_with = [&](const json& decoder, const std::vector<TokenId>& ids) {
    document["decoder"] = decoder;
    const auto tokenizer = load(document);
    const auto stream = tokenizer->streaming_decoder();
    std::string streamed;
    for (const TokenId id : ids) streamed += stream->push(id);
    streamed += stream->finish();
    EXPECT_EQ(streamed, tokenizer->decode(ids));
    return streamed;
  };
  const json strip = {{"type", "Strip"}, {"content", "c"}, {"start", 1}, {"stop", 2}};
  const auto steps = [](const json& list) {
    return json{{"type", "Sequence"}, {"decoders", list}};
  };
  const json fuse = {{"type", "Fuse"}};
  const json bytes = {{"type", "ByteFallback"}};

  EXPECT_EQ(text_with(nullptr, {5, 3}), "ab c");
  EXPECT_EQ(text_with({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}},
                      {8, 8, 5}),
            "a aab");
  EXPECT_EQ(
      text_with({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}}, {8, 8}),
      " a a");
  EXPECT_EQ(text_with(steps({fuse, strip}), {3, 3, 1, 3, 2, 3, 3, 3}), "cacbc");
  EXPECT_EQ(text_with(strip, {3, 5, 6}), "abab");
  EXPECT_EQ(text_with(bytes, {9, 10, 1, 9}), "éa\ufffd");
  EXPECT_EQ(text_with(bytes, {9, 10, 9}), "\ufffd\ufffd\ufffd");  // a run is whole or broken
}

TEST_F(TokenizerJson, MarksTheBeginningOfTheTextAlone) {
  json document = small();
  document["model"]["vocab"]["▁"] = 8;
  document["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Split"}, {"pattern", {{"String", "c"}}}, {"behavior", "Removed"}},
        {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}}}}};
  const auto tokenizer = load(document);

  EXPECT_THAT(tokenizer->encode("aca"), ElementsAre(8, 1, 1));
  EXPECT_THAT(tokenizer->encode("ca"), ElementsAre(1));  // what begins the text is gone
  EXPECT_THAT(tokenizer->encode("<x>a"), ElementsAre(7, 1));
}

// Damage: a byte changed, a stretch cut out, a value replaced. It loads or is refused, naming the
// file; what loads encodes.
TEST_F(TokenizerJson, SurvivesDamage) {
  for (const char* name : {"gpt2.json", "gemma.json", "phi3.json"}) {
    const std::string whole = read_file(fixture(name));
    SplitMix random(11);
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
      std::string damaged = whole;
      // Half of them where the settings stand, which is most often before the vocabulary.
      const std::size_t reach =
          i % 2 == 0 ? damaged.size() : std::min<std::size_t>(1500, damaged.size());
      const std::size_t at = random.next(reach);
      switch (random.next(4)) {
        case 0:
          damaged[at] = static_cast<char>(random.next(256));
          break;
        case 1:
          damaged.erase(at, 1 + random.next(60));
          break;
        case 2:
          damaged.insert(at, damaged.substr(random.next(reach), 1 + random.next(60)));
          break;
        default:
          damaged.resize(at);
      }
      write(damaged);
      try {
        const auto tokenizer = load_tokenizer(path());
        tokenizer->decode(tokenizer->encode("a B\u00e9 1.23  <s>\n<|endoftext|>"));
      } catch (const DataError& e) {
        ++refused;
        EXPECT_THAT(e.what(), StartsWith(path().string() + ": "));
      }
    }
    EXPECT_GT(refused, 200);
  }
}

}  // namespace
}  // namespace roux
