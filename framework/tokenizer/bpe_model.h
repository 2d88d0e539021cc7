#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/merge_table.h"
#include "tokenizer/vocabulary.h"
#include "tokenizer/word_cache.h"

namespace roux {

struct BpeOptions {
  bool byte_level = false;     // pieces are bytes, else characters
  bool byte_fallback = false;  // a character without a token becomes its bytes' tokens, "<0x0A>"
  bool fuse_unk = false;       // unknown characters in a row become one token
  bool ignore_merges = false;  // a piece that is a token as it stands is not merged
  TokenId unk = Vocabulary::kNone;
};

// Byte-pair encoding: the pair of neighbours whose merge has the least rank is joined, the leftmost
// of those first, until no pair is left that may be.
//
// Immutable once made; any thread may call any member, with a cache of its own.
class BpeModel {
 public:
  // `vocabulary` must outlive this.
  BpeModel(const Vocabulary& vocabulary, MergeTable merges, BpeOptions options);

  // Appends the ids of the pieces of `text` that end at `ends`, the first of which begins at
  // `begin`. `cache` is of this model only.
  void encode(std::string_view text, std::size_t begin, std::span<const std::size_t> ends,
              std::vector<TokenId>& ids, WordCache& cache) const;

  void encode(std::string_view piece, std::vector<TokenId>& ids, WordCache& cache) const {
    const std::size_t end = piece.size();
    encode(piece, 0, std::span(&end, 1), ids, cache);
  }

  // Promises that no merge joins what ends with a byte that is not in `crosses` with what begins
  // with `mark`: long pieces are cut there and remembered word by word, with the same outcome.
  void allow_cuts_before(std::string_view mark, const std::array<bool, 256>& crosses);

 private:
  void encode_in_cuts(std::string_view piece, std::vector<TokenId>& ids, WordCache& cache) const;
  void encode_word(std::string_view word, std::vector<TokenId>& ids, WordCache& cache) const;
  void encode_uncached(std::string_view word, std::vector<TokenId>& ids) const;
  void begin_word(std::string_view word, std::vector<TokenId>& ids) const;

  const Vocabulary& vocabulary_;
  MergeTable merges_;
  BpeOptions options_;
  std::array<TokenId, 256> byte_ids_{};  // by byte; kNone where there is no token

  std::string cut_mark_;
  std::array<bool, 256> crosses_cut_{};
};

}  // namespace roux
