#include "tokenizer/bpe_tokenizer.h"

#include <array>
#include <atomic>
#include <utility>

#include "roux/base/error.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/decoder_streaming.h"
#include "tokenizer/thread_cache.h"

namespace roux {
namespace {

class BpeTokenizer final : public Tokenizer {
 public:
  using Tokenizer::encode;

  BpeTokenizer(BpeTokenizerParts parts, std::string source)
      : parts_(std::move(parts)),
        decoder_(*parts_.vocabulary, std::move(parts_.decode_rules)),
        source_(std::move(source)) {
    parts_.is_special.resize(static_cast<std::size_t>(size()));
  }

  void encode(std::string_view text, std::vector<TokenId>& ids,
              const EncodeOptions& options) const override {
    std::string replaced;
    if (!is_valid_utf8(text)) {
      replaced = replace_invalid_utf8(text);
      text = replaced;
    }
    WordCache& cache = cache_.here();
    if (options.add_special_tokens) append(parts_.prefix, ids);
    parts_.added.split(
        text, options.parse_special_tokens,
        [&](std::string_view piece, std::size_t begin) {
          encode_piece(piece, begin == 0, ids, options, cache);
        },
        [&](TokenId id) { ids.push_back(id); });
    if (options.add_special_tokens) append(parts_.suffix, ids);
  }

  std::string decode(std::span<const TokenId> ids, const DecodeOptions& options) const override {
    bool skips = false;
    for (const TokenId id : ids) {
      check(id);
      skips |= options.skip_special_tokens && parts_.is_special[static_cast<std::size_t>(id)];
    }
    std::string text;
    if (!skips) {
      decoder_.decode(ids, text);
      return text;
    }
    std::vector<TokenId> kept;
    kept.reserve(ids.size());
    for (const TokenId id : ids) {
      if (!parts_.is_special[static_cast<std::size_t>(id)]) kept.push_back(id);
    }
    decoder_.decode(kept, text);
    return text;
  }

  std::unique_ptr<StreamingDecoder> streaming_decoder(const DecodeOptions& options) const override {
    return std::make_unique<DecoderStreaming<BpeTokenizer>>(*this, decoder_, options);
  }

  TokenId size() const override { return parts_.vocabulary->size(); }

  std::optional<std::string> token(TokenId id) const override {
    if (!parts_.vocabulary->has(id)) return std::nullopt;
    return parts_.vocabulary->spelled(id);
  }
  std::optional<TokenId> find(std::string_view token) const override {
    return parts_.vocabulary->find(token);
  }
  bool is_special(TokenId id) const override {
    return id >= 0 && id < size() && parts_.is_special[static_cast<std::size_t>(id)];
  }
  const SpecialTokens& special_tokens() const override { return parts_.special_tokens; }

  void check(TokenId id) const {
    if (!parts_.vocabulary->has(id)) {
      throw DataError(
          cat(source_, ": there is no token with the id ", id, "; ids run from 0 to ", size() - 1));
    }
  }

 private:
  static void append(const std::vector<TokenId>& from, std::vector<TokenId>& ids) {
    ids.insert(ids.end(), from.begin(), from.end());
  }

  // What lies between two tokens that were found in the text as it came.
  void encode_piece(std::string_view piece, bool at_start, std::vector<TokenId>& ids,
                    const EncodeOptions& options, WordCache& cache) const {
    std::string normalized;
    if (parts_.normalizer != nullptr) {
      normalized = piece;
      parts_.normalizer->apply(normalized);
      piece = normalized;
    }
    if (parts_.added_normalized.empty()) {
      if (!piece.empty()) encode_text(piece, at_start, ids, cache);
      return;
    }
    parts_.added_normalized.split(
        piece, options.parse_special_tokens,
        [&](std::string_view part, std::size_t begin) {
          encode_text(part, at_start && begin == 0, ids, cache);
        },
        [&](TokenId id) { ids.push_back(id); });
  }

  void encode_text(std::string_view text, bool at_start, std::vector<TokenId>& ids,
                   WordCache& cache) const {
    if (parts_.steps.empty()) {
      encode_split(text, ids, cache);
      return;
    }
    Pieces pieces{.views = {text}, .changed = {}, .start = at_start ? text.data() : nullptr};
    for (const auto& step : parts_.steps) step->apply(pieces);
    for (const std::string_view piece : pieces.views) encode_split(piece, ids, cache);
  }

  void encode_split(std::string_view text, std::vector<TokenId>& ids, WordCache& cache) const {
    if (parts_.splitter == nullptr) {
      parts_.model->encode(text, ids, cache);
      return;
    }
    std::array<std::size_t, 256> ends;
    std::size_t begin = 0;
    while (const std::size_t count = parts_.splitter->split(text, begin, ends)) {
      parts_.model->encode(text, begin, std::span(ends).first(count), ids, cache);
      begin = ends[count - 1];
    }
  }

  BpeTokenizerParts parts_;
  Decoder decoder_;
  std::string source_;
  ThreadCache cache_;
};

}  // namespace

void add_token(AddedToken token, BpeTokenizerParts& parts) {
  const auto at = static_cast<std::size_t>(token.id);
  if (parts.vocabulary->find(token.text) != token.id) {
    parts.vocabulary->add_outside_model(token.text, token.id);
  }
  if (token.special) {
    if (at >= parts.is_special.size()) parts.is_special.resize(at + 1);
    parts.is_special[at] = true;
  }
  if (!token.normalized) {
    parts.added.add(std::move(token));
    return;
  }
  std::string sought = token.text;
  if (parts.normalizer != nullptr) parts.normalizer->apply(sought);
  if (sought != token.text) parts.decode_rules.instead.insert_or_assign(token.id, sought);
  parts.added_normalized.add(std::move(token), sought);
}

std::unique_ptr<Tokenizer> make_bpe_tokenizer(BpeTokenizerParts parts, std::string source) {
  return std::make_unique<BpeTokenizer>(std::move(parts), std::move(source));
}

}  // namespace roux
