#include "roux/tokenizer/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/tokenizer/batch.h"
#include "tokenizer/fixtures.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t j) {
      return i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
    };
    const unsigned bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (std::size_t j = 0; j < 4; ++j) {
      text += i + j <= bytes.size() ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

// The bytes by their value, then `more`.
std::string ranks(const std::vector<std::string>& more) {
  std::string text;
  int rank = 0;
  for (; rank < 256; ++rank) {
    text += base64(std::string(1, static_cast<char>(rank))) + " " + std::to_string(rank) + "\n";
  }
  for (const std::string& token : more) text += base64(token) + " " + std::to_string(rank++) + "\n";
  return text;
}

class Load : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
    return folder.path() / name;
  }
  template <typename E>
  static std::string message(const std::filesystem::path& path) {
    try {
      load_tokenizer(path);
    } catch (const E& e) {
      return e.what();
    }
    return "";
  }

  TemporaryFolder folder;
};

TEST_F(Load, MergesAsTiktokenByTheRankOfWhatIsMade) {
  const auto path = write("qwen.tiktoken", ranks({"bc", "ab", "cd", "abcd", "e\u0301"}));

  const auto tokenizer = load_tokenizer(path);

  EXPECT_THAT(tokenizer->encode("abc"), ElementsAre('a', 256));
  EXPECT_THAT(tokenizer->encode("abcd"), ElementsAre(259));
  EXPECT_THAT(tokenizer->encode("abcde"), ElementsAre('a', 256, 'd', 'e'));
  EXPECT_THAT(tokenizer->encode("<|im_end|>"), ElementsAre(261 + 2));
  EXPECT_THAT(tokenizer->encode("e\u0301"), ElementsAre(0xc3, 0xa9));  // composed first
  EXPECT_EQ(tokenizer->special_tokens().eos, 261);
  EXPECT_EQ(tokenizer->size(), 261 + 208);
}

TEST_F(Load, KnowsLlama3ByTheNameOfItsFile) {
  write("tokenizer.model", ranks({"hi"}));

  const auto tokenizer = load_tokenizer(folder.path());

  EXPECT_THAT(tokenizer->encode("hi"), ElementsAre(257, 256));
  EXPECT_EQ(tokenizer->find("<|eot_id|>"), 257 + 9);
  EXPECT_EQ(tokenizer->size(), 257 + 256);
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{257, 256}, {.skip_special_tokens = true}), "hi");
}

TEST_F(Load, RefusesATiktokenFileOfAnUnknownFamily) {
  EXPECT_THAT(
      message<DataError>(write("mine.tiktoken", ranks({}))),
      HasSubstr("mine.tiktoken: its name does not tell its family: a tiktoken file's family "
                "must be llama3, qwen, gpt2, r50k_base, cl100k_base or o200k_base, but is "
                "mine"));
}

TEST_F(Load, RefusesADamagedTiktokenFileWithItsPlace) {
  const std::string whole = ranks({});
  EXPECT_THAT(
      message<DataError>(write("qwen.tiktoken", whole + "YWI= x\n")),
      HasSubstr("qwen.tiktoken: the line at byte 2194 must end with a rank between 0 and "));
  EXPECT_THAT(message<DataError>(write("qwen.tiktoken", whole + "Y*== 256\n")),
              HasSubstr("must begin with a token in base64"));
  EXPECT_THAT(message<DataError>(write("qwen.tiktoken", whole + "YWI= 255\n")),
              HasSubstr("gives the rank 255 once more"));
  EXPECT_THAT(message<DataError>(write("qwen.tiktoken", whole + "YQ== 256\n")),
              HasSubstr("has a token that came before"));
  EXPECT_THAT(message<DataError>(write("qwen.tiktoken", "YQ== 0\n")),
              HasSubstr("the byte 0 has no token"));
}

// The ids are tiktoken's, moved behind the special tokens: fixtures/tekken/make.py.
TEST(Tekken, EncodesAsTiktokenDoesBehindTheSpecialTokens) {
  const auto tokenizer = load_tokenizer(fixture("tekken/tekken.json"));
  const auto cases = nlohmann::json::parse(read_file(fixture("tekken/ids.json")));

  for (const auto& each : cases) {
    const auto text = each["text"].get<std::string>();
    auto ids = each["ids"].get<std::vector<TokenId>>();
    EXPECT_EQ(tokenizer->encode(text, {.add_special_tokens = false, .parse_special_tokens = false}),
              ids)
        << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
    ids.insert(ids.begin(), 1);
    EXPECT_EQ(tokenizer->encode(text, {.parse_special_tokens = false}), ids) << text;
  }
  EXPECT_EQ(cases.size(), 14U);
  EXPECT_EQ(tokenizer->size(), 970);
  EXPECT_EQ(tokenizer->find("[INST]"), 3);
  EXPECT_EQ(tokenizer->find("<SPECIAL_29>"), 29);
  EXPECT_TRUE(tokenizer->is_special(29));
  EXPECT_EQ(tokenizer->special_tokens().bos, 1);
  EXPECT_EQ(tokenizer->special_tokens().eos, 2);
  EXPECT_EQ(tokenizer->special_tokens().pad, 5);
}

class TekkenFile : public Load {
 protected:
  // What is said of the fixture, changed, after its name.
  std::string refusal(const std::function<void(nlohmann::ordered_json&)>& change) {
    auto json = nlohmann::ordered_json::parse(read_file(fixture("tekken/tekken.json")));
    change(json);
    const std::string text = message<DataError>(write("tekken.json", json.dump()));
    return text.substr(std::min(text.size(), (folder.path() / "tekken.json").string().size()));
  }
};

TEST_F(TekkenFile, LeavesTheSpecialTokensToItsReaderIfItIsOld) {
  EXPECT_EQ(refusal([](auto& json) { json.erase("special_tokens"); }), "");

  const auto tokenizer = load_tokenizer(folder.path());

  EXPECT_EQ(tokenizer->find("[TOOL_CONTENT]"), 19);
  EXPECT_EQ(tokenizer->find("<SPECIAL_20>"), 20);
  EXPECT_EQ(tokenizer->special_tokens().pad, 11);
}

TEST_F(TekkenFile, IsRefusedWithItsPlaceIfItIsDamaged) {
  EXPECT_EQ(refusal([](auto& json) { json["vocab"][300]["token_bytes"] = "Y*=="; }),
            ": vocab[300].token_bytes must be a token in base64, but is \"Y*==\"");
  EXPECT_EQ(refusal([](auto& json) { json["vocab"][300]["rank"] = 299; }),
            ": vocab[300].rank is 299 once more");
  EXPECT_EQ(refusal([](auto& json) { json["vocab"][300]["rank"] = 940; }),
            ": vocab[300].rank must be between 0 and 939, but is 940");
  EXPECT_EQ(refusal([](auto& json) { json["special_tokens"][2]["rank"] = 1; }),
            ": special_tokens[2].rank is 1 once more");
  EXPECT_EQ(refusal([](auto& json) { json["config"]["default_vocab_size"] = 2000; }),
            ": vocab must hold 1970 tokens at least, but holds 952");
  EXPECT_EQ(refusal([](auto& json) { json["config"].erase("pattern"); }).find(": config"), 0U);
}

// transformers 5 goes by the post-processor alone where there is a tokenizer.json, and by these
// keys where it makes one of a SentencePiece model.
TEST(LoadFolder, AddsTokensAsThePostProcessorOrTheConfigOfASentencePieceModelSays) {
  const auto ids_with = [](const char* file, const char* name, const char* config) {
    const TemporaryFolder folder;
    std::filesystem::copy_file(fixture(file), folder.path() / name);
    std::ofstream(folder.path() / "tokenizer_config.json") << config;
    return load_tokenizer(folder.path())->encode("hi");
  };
  const auto json = [&](const char* config) {
    return ids_with("llama2.json", "tokenizer.json", config);
  };
  const auto model = [&](const char* config) {
    return ids_with("sentencepiece/bpe.model", "tokenizer.model", config);
  };

  EXPECT_EQ(json(R"({"add_bos_token": false, "add_eos_token": true})"), json("{}"));
  const std::vector<TokenId> with_bos = model(R"({"add_bos_token": null})");
  std::vector<TokenId> with_eos(with_bos.begin() + 1, with_bos.end());
  EXPECT_EQ(with_bos.front(), 1);
  EXPECT_EQ(model(R"({"add_bos_token": false})"), with_eos);
  with_eos.push_back(2);
  EXPECT_EQ(model(R"({"add_bos_token": false, "add_eos_token": true})"), with_eos);
}

TEST_F(Load, SaysWhatAFolderLacks) {
  EXPECT_THAT(message<DataError>(folder.path()), HasSubstr("has no tokenizer.json"));
  EXPECT_THAT(message<Error>(folder.path() / "none"), HasSubstr("there is no such file or folder"));
}

// transformers writes this length where it knows none; simdjson has no type for it.
TEST(LoadFolder, TakesNumbersThatAreLargerThanAnyInteger) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("gpt2.json"), folder.path() / "tokenizer.json");
  std::ofstream(folder.path() / "tokenizer_config.json")
      << R"({"model_max_length": 1000000000000000019884624838656, "eos_token": "<|endoftext|>"})";

  EXPECT_TRUE(load_tokenizer(folder.path())->special_tokens().eos.has_value());
}

TEST(ByteTokenizer, TakesBytesAsTheyAre) {
  const auto tokenizer = make_byte_tokenizer();

  EXPECT_THAT(tokenizer->encode("a\xff\xc3\xa9"), ElementsAre(256, 'a', 0xff, 0xc3, 0xa9));
  EXPECT_THAT(tokenizer->encode("", {.add_special_tokens = false}), IsEmpty());
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{256, 'a', 0xc3, 0xa9, 257}), "<bos>aé<eos>");
  EXPECT_EQ(tokenizer->decode(std::vector<TokenId>{256, 'a', 0xff}, {.skip_special_tokens = true}),
            "a\ufffd");
  EXPECT_EQ(tokenizer->size(), 259);
  EXPECT_THROW(tokenizer->decode(std::vector<TokenId>{259}), DataError);
}

TEST(StreamingDecoder, HoldsACharacterBackUntilItIsWhole) {
  const auto tokenizer = make_byte_tokenizer();
  const auto stream = tokenizer->streaming_decoder();

  EXPECT_EQ(stream->push('a'), "a");
  EXPECT_EQ(stream->push(0xf0), "");
  EXPECT_EQ(stream->push(0x9f), "");
  EXPECT_EQ(stream->push(0x98), "");
  EXPECT_EQ(stream->push(0x80), "😀");
  EXPECT_EQ(stream->push(0xe4), "");
  EXPECT_EQ(stream->push('b'),
            "\ufffd"
            "b");
  EXPECT_EQ(stream->push(0xe4), "");
  EXPECT_EQ(stream->finish(), "\ufffd");
  EXPECT_EQ(stream->finish(), "");
}

TEST(EncodeBatch, GivesTheIdsOfEachText) {
  const auto tokenizer = load_tokenizer(fixture("llama3.json"));
  const std::vector<std::string> texts = random_strings(1, 500);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  ThreadPool pool({.num_threads = 3});

  const auto ids = encode_batch(*tokenizer, views, pool);

  ASSERT_EQ(ids.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(ids[i], tokenizer->encode(texts[i]));
}

// More tokenizers than a thread keeps caches of, in turn: none may answer for another.
TEST(WordCache, IsOfOneTokenizer) {
  std::vector<std::unique_ptr<Tokenizer>> tokenizers;
  std::vector<std::vector<TokenId>> expected;
  for (const char* name : {"gpt2", "llama3", "qwen2", "olmo2", "tekken", "llama2", "gemma"}) {
    tokenizers.push_back(load_tokenizer(fixture(std::string(name) + ".json")));
    expected.push_back(tokenizers.back()->encode("return the word"));
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < tokenizers.size(); ++i) {
      EXPECT_EQ(tokenizers[i]->encode("return the word"), expected[i]);
    }
    tokenizers.erase(tokenizers.begin());
    expected.erase(expected.begin());
  }
}

}  // namespace
}  // namespace roux
