#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/regex.h"
#include "tokenizer/vocabulary.h"

namespace roux {

// How tokens become text again, in this order.
struct DecodeRules {
  // What happens to each token's spelling; `first` for the first token of a text.
  using Step = std::function<std::string(std::string token, bool first)>;
  std::vector<Step> steps;

  // Whether a step looks at `first`.
  bool first_differs = false;

  // The tokens' bytes joined, broken UTF-8 as U+FFFD. (Then there are no steps.)
  bool bytes = false;

  // Runs of "<0x0A>" as bytes: if they are no UTF-8 together, one U+FFFD for each.
  bool byte_fallback = false;

  // Added tokens that were sought in normalized text: what stands for their spelling.
  std::unordered_map<TokenId, std::string> instead;

  // Between tokens; the reference joins by a space where a file names no decoder.
  std::string separator;

  // Taken from both ends of the whole text: up to so many of this character.
  struct Strip {
    std::string character;
    std::size_t at_start = 0;
    std::size_t at_end = 0;
  };
  std::optional<Strip> strip;
};

// Immutable once made; any thread may call any member.
class Decoder {
 public:
  // Copies what it needs of `vocabulary`.
  Decoder(const Vocabulary& vocabulary, DecodeRules rules);

  class Stream;

  // Appends what `ids` give. Requires: ids of the vocabulary.
  void decode(std::span<const TokenId> ids, std::string& text) const;

 private:
  std::string_view piece(TokenId id) const {
    const auto at = static_cast<std::size_t>(id);
    return {arena_.data() + offsets_[at], offsets_[at + 1] - offsets_[at]};
  }
  std::string first_piece(TokenId id) const;

  DecodeRules rules_;
  std::string arena_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::int16_t> byte_of_;        // with byte fallback, by id; -1: a token that is text
  std::vector<std::string> first_spelling_;  // with first_differs, by id
};

// The same text in parts. For one thread; the decoder must outlive it.
class Decoder::Stream {
 public:
  explicit Stream(const Decoder& decoder) : decoder_(decoder) {}

  std::string push(TokenId id);
  std::string finish();

 private:
  void add_text(std::string_view text);
  void end_bytes();
  std::string take(bool finished);

  const Decoder& decoder_;
  bool first_ = true;
  std::size_t stripped_at_start_ = 0;
  bool started_ = false;  // something that is not stripped has come
  std::string bytes_;     // a run of byte tokens, or the beginning of a character
  std::string text_;      // made and not yet given
};

}  // namespace roux
