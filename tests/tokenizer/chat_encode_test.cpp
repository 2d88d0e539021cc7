// Tokens of conversations, and which of them the assistant said.
#include <gtest/gtest.h>

#include "roux/base/error.h"
#include "roux/tokenizer/chat_template.h"
#include "roux/tokenizer/load.h"
#include "tokenizer/token_ranges.h"

namespace roux {
namespace {

// Words of a small vocabulary, taken greedily, and bytes where no word fits.
class WordTokenizer final : public Tokenizer {
 public:
  WordTokenizer(std::vector<std::string> special, std::vector<std::string> words)
      : special_count_(special.size()), words_(std::move(special)) {
    words_.insert(words_.end(), words.begin(), words.end());
  }

  void encode(std::string_view text, std::vector<TokenId>& ids,
              const EncodeOptions& options) const override {
    if (options.add_special_tokens) ids.push_back(0);
    while (!text.empty()) {
      TokenId best = kBytes + static_cast<unsigned char>(text[0]);
      std::size_t size = 1;
      for (std::size_t i = 0; i < words_.size(); ++i) {
        if (text.starts_with(words_[i]) && words_[i].size() >= size) {
          best = static_cast<TokenId>(i);
          size = words_[i].size();
        }
      }
      ids.push_back(best);
      text.remove_prefix(size);
    }
  }
  using Tokenizer::encode;

  std::string decode(std::span<const TokenId> ids, const DecodeOptions&) const override {
    std::string text;
    for (const TokenId id : ids) text += spelled(id);
    return text;
  }
  std::unique_ptr<StreamingDecoder> streaming_decoder(const DecodeOptions&) const override {
    return std::make_unique<Decoder>(*this);
  }
  TokenId size() const override { return kBytes + 256; }
  std::optional<std::string> token(TokenId id) const override { return spelled(id); }
  std::optional<TokenId> find(std::string_view) const override { return std::nullopt; }
  bool is_special(TokenId id) const override {
    return static_cast<std::size_t>(id) < special_count_;
  }
  const SpecialTokens& special_tokens() const override { return special_; }

 private:
  static constexpr TokenId kBytes = 1'000;

  // Holds unfinished characters back, as real ones do.
  class Decoder final : public StreamingDecoder {
   public:
    explicit Decoder(const WordTokenizer& tokenizer) : tokenizer_(tokenizer) {}
    std::string push(TokenId id) override {
      held_ += tokenizer_.spelled(id);
      std::size_t lead = held_.size();
      while (lead > 0 && (held_[lead - 1] & 0xC0) == 0x80) --lead;
      const auto first = lead == 0 ? 0U : static_cast<unsigned char>(held_[lead - 1]);
      const std::size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
      if (wanted > 1 && held_.size() - lead + 1 < wanted) return "";
      return std::exchange(held_, "");
    }
    std::string finish() override { return std::exchange(held_, ""); }

   private:
    const WordTokenizer& tokenizer_;
    std::string held_;
  };

  std::string spelled(TokenId id) const {
    if (id >= kBytes) return std::string(1, static_cast<char>(id - kBytes));
    return words_[static_cast<std::size_t>(id)];
  }

  std::size_t special_count_;
  std::vector<std::string> words_;
  SpecialTokens special_{.bos = 0, .eos = 1};
};

const std::vector<std::string> kSpecial = {"<s>", "</s>", "<|im_start|>", "<|im_end|>"};

// The tokens, those of the assistant in brackets.
std::string shown(const Tokenizer& tokenizer, const EncodedChat& chat) {
  EXPECT_EQ(chat.ids.size(), chat.assistant.size());
  std::string text;
  for (std::size_t i = 0; i < chat.ids.size(); ++i) {
    const std::string token = *tokenizer.token(chat.ids[i]);
    text += chat.assistant[i] ? "[" + token + "]" : token + "·";
  }
  return text;
}

TEST(ChatEncode, MarksTheTokensOfTheAssistant) {
  const WordTokenizer tokenizer(kSpecial, {"user", "assistant", "Hi", "Ho"});

  const EncodedChat chat = ChatTemplate::builtin("chatml").encode(
      tokenizer, std::vector<ChatMessage>{{"user", "Hi"}, {"assistant", "HoHo!"}});

  EXPECT_EQ(shown(tokenizer, chat),
            "<|im_start|>·user·\n·Hi·<|im_end|>·\n·<|im_start|>·assistant·\n·"
            "[Ho][Ho][!][<|im_end|>]\n·");
}

TEST(ChatEncode, AddsNoSecondBos) {
  const WordTokenizer tokenizer(kSpecial, {"[INST]", "[/INST]"});

  const EncodedChat chat = ChatTemplate::builtin("llama2").encode(
      tokenizer, std::vector<ChatMessage>{{"user", "a"}, {"assistant", "b"}});

  EXPECT_EQ(shown(tokenizer, chat), "<s>·[INST]· ·a· ·[/INST]·[ ][b][ ][</s>]");
}

TEST(ChatEncode, TakesATokenThatReachesIntoTheAnswer) {
  const WordTokenizer tokenizer(kSpecial, {"user", "assistant", "\nHo"});

  const EncodedChat chat = ChatTemplate::builtin("chatml").encode(
      tokenizer, std::vector<ChatMessage>{{"user", "a"}, {"assistant", "Ho"}});

  EXPECT_EQ(shown(tokenizer, chat),
            "<|im_start|>·user·\n·a·<|im_end|>·\n·<|im_start|>·assistant·[\nHo][<|im_end|>]\n·");
}

TEST(ChatEncode, GivesEveryByteOfACharacterToWhoSaidIt) {
  const WordTokenizer tokenizer(kSpecial, {"user", "assistant"});

  const EncodedChat chat = ChatTemplate::builtin("chatml").encode(
      tokenizer, std::vector<ChatMessage>{{"user", "é"}, {"assistant", "世é"}});

  std::string marks;
  for (const bool each : chat.assistant) marks += each ? '1' : '0';
  // <|im_start|> user \n é é <|im_end|> \n <|im_start|> assistant \n, then the answer.
  EXPECT_EQ(marks, std::string(10, '0') + "111111" + "0") << shown(tokenizer, chat);
}

// Among them are tokenizers that put a space in front, change spaces, and compose characters.
TEST(ChatEncode, FollowsTheTokenizersOfTheFamilies) {
  const std::string answer = "Die Antwort: 世界 é 👍🏽, x = 1;\n\tfertig!";
  const std::vector<ChatMessage> messages = {{"user", "Frage  e\u0301e\u0301e\u0301 \n\nweiter?"},
                                             {"assistant", answer},
                                             {"user", "Frage  zwei?"},
                                             {"assistant", answer}};
  for (const auto& [file, name] :
       std::vector<std::pair<std::string, std::string>>{{"gemma", "gemma2"},
                                                        {"llama2", "llama2"},
                                                        {"llama3", "llama3"},
                                                        {"mistral", "mistral"},
                                                        {"olmo2", "olmo2"},
                                                        {"phi3", "phi3"},
                                                        {"qwen2", "qwen2"},
                                                        {"tekken", "mistral_v3"}}) {
    const auto tokenizer =
        load_tokenizer(std::filesystem::path(ROUX_TOKENIZER_FIXTURES) / (file + ".json"));

    const EncodedChat chat = ChatTemplate::builtin(name).encode(*tokenizer, messages);

    std::vector<TokenId> said;
    std::vector<TokenId> others;
    for (std::size_t i = 0; i < chat.ids.size(); ++i) {
      (chat.assistant[i] ? said : others).push_back(chat.ids[i]);
    }
    const std::string text = tokenizer->decode(said);
    const std::size_t first = text.find(answer);
    ASSERT_NE(first, std::string::npos) << file << ": " << text;
    EXPECT_NE(text.find(answer, first + 1), std::string::npos) << file << ": " << text;
    EXPECT_EQ(text.find("Frage"), std::string::npos) << file << ": " << text;
    EXPECT_EQ(text.find("weiter"), std::string::npos) << file << ": " << text;
    const std::string rest = tokenizer->decode(others);
    EXPECT_EQ(rest.find("Antwort"), std::string::npos) << file << ": " << rest;
    EXPECT_EQ(rest.find("fertig"), std::string::npos) << file << ": " << rest;
  }
}

}  // namespace
}  // namespace roux
