#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/pair_counts.h"
#include "tokenizer/word_counter.h"

namespace roux {

// The words of a corpus as tokens, of which the commonest pair can be asked for and merged.
//
// A queue holds the pairs by how often they came when they were put there. Merges since may have
// taken some: a pair whose count is no longer true goes back with the one that is. Each pair knows
// the words that hold it, so that a merge looks at no others.
class BpeMerger {
 public:
  struct Candidate {
    TokenId left;
    TokenId right;
    std::int64_t count;
  };

  // `ids` are the tokens of the 256 bytes; `max_tokens` more than any id there will be.
  BpeMerger(std::span<const CountedWord> words, std::span<const TokenId> ids,
            std::int64_t max_tokens);

  // The pair that comes most often; of those that come as often the one with the smallest ids.
  std::optional<Candidate> best();

  // Puts `merged` for the pair that best() gave.
  void merge(TokenId merged);

 private:
  using Positions = std::vector<std::uint32_t>;  // words, each once

  // A pair in the queue, with the words that held it when it was put there.
  struct Entry {
    std::int64_t count;
    TokenId left;
    TokenId right;
    std::uint32_t positions;  // an index into positions_

    // For a queue whose top is its largest.
    bool operator<(const Entry& other) const {
      if (count != other.count) return count < other.count;
      return std::pair(left, right) > std::pair(other.left, other.right);
    }
  };

  // What a merge did to the pairs of one token with another that is the same for all of them. By
  // the first token, dense, with a list of those that are not empty.
  struct Neighbours {
    std::vector<std::int64_t> changes;
    std::vector<Positions> positions;
    std::vector<bool> is_touched;
    std::vector<TokenId> touched;

    explicit Neighbours(std::size_t max_tokens);
    void change(TokenId token, std::int64_t count);
    void add(TokenId token, std::int64_t count, std::uint32_t word);
  };

  void count_pairs();
  void merge_in(std::uint32_t word, TokenId merged);
  void settle(TokenId merged);
  void push(TokenId left, TokenId right, std::int64_t count, Positions positions);

  std::vector<TokenId> tokens_;  // of all words, end to end
  std::vector<std::uint64_t> begins_;
  std::vector<std::uint32_t> sizes_;  // which shrink
  std::vector<std::int64_t> counts_;

  PairCounts pair_counts_;
  std::priority_queue<Entry> queue_;
  std::vector<Positions> positions_;
  std::vector<std::uint32_t> free_positions_;
  Entry top_{};

  Neighbours lost_left_;     // (x, left)
  Neighbours gained_left_;   // (x, merged)
  Neighbours lost_right_;    // (right, x)
  Neighbours gained_right_;  // (merged, x)
};

}  // namespace roux
