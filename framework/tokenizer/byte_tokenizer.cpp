#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/tokenizer/load.h"
#include "tokenizer/decoder_streaming.h"
#include "tokenizer/vocabulary.h"

namespace roux {
namespace {

constexpr TokenId kBos = 256;
constexpr TokenId kEos = 257;
constexpr TokenId kPad = 258;

DecodeRules byte_rules() {
  DecodeRules rules;
  rules.bytes = true;
  return rules;
}

Vocabulary byte_vocabulary() {
  Vocabulary vocabulary(Vocabulary::Spelling::Plain);
  for (TokenId id = 0; id < kBos; ++id) {
    vocabulary.add(std::string(1, static_cast<char>(id)), id);
  }
  vocabulary.add_outside_model("<bos>", kBos);
  vocabulary.add_outside_model("<eos>", kEos);
  vocabulary.add_outside_model("<pad>", kPad);
  return vocabulary;
}

class ByteTokenizer final : public Tokenizer {
 public:
  using Tokenizer::encode;

  void encode(std::string_view text, std::vector<TokenId>& ids,
              const EncodeOptions& options) const override {
    ids.reserve(ids.size() + text.size() + 1);
    if (options.add_special_tokens) ids.push_back(kBos);
    for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  }

  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    std::vector<TokenId> kept;
    kept.reserve(ids.size());
    for (const TokenId id : ids) {
      check(id);
      if (!options.skip_special_tokens || !is_special(id)) kept.push_back(id);
    }
    std::string text;
    decoder_.decode(kept, text);
    return text;
  }

  std::unique_ptr<StreamingDecoder> streaming_decoder(const DecodeOptions& options) const override {
    return std::make_unique<DecoderStreaming<ByteTokenizer>>(*this, decoder_, options);
  }

  TokenId size() const override { return vocabulary_.size(); }
  std::optional<std::string> token(TokenId id) const override {
    if (!vocabulary_.has(id)) return std::nullopt;
    return vocabulary_.spelled(id);
  }
  std::optional<TokenId> find(std::string_view token) const override {
    return vocabulary_.find(token);
  }
  bool is_special(TokenId id) const override { return id >= kBos && id <= kPad; }
  const SpecialTokens& special_tokens() const override { return special_tokens_; }

  void check(TokenId id) const {
    if (!vocabulary_.has(id)) {
      throw DataError(cat("the byte tokenizer's ids run from 0 to ", kPad, ", but one is ", id));
    }
  }

 private:
  Vocabulary vocabulary_ = byte_vocabulary();
  Decoder decoder_{vocabulary_, byte_rules()};
  SpecialTokens special_tokens_{.bos = kBos, .eos = kEos, .pad = kPad, .unk = std::nullopt};
};

}  // namespace

std::unique_ptr<Tokenizer> make_byte_tokenizer() {
  return std::make_unique<ByteTokenizer>();
}

}  // namespace roux
