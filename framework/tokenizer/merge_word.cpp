#include "tokenizer/merge_word.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace roux {
namespace {

// Up to here looking at all pairs each time is faster than keeping them in order.
constexpr std::size_t kShort = 48;

// Merges `ids` and returns how many are left.
std::size_t merge_short(const MergeTable& merges, std::span<TokenId> ids) {
  std::array<Merge, kShort> next;  // of each with its right neighbour
  std::size_t size = ids.size();
  for (std::size_t i = 0; i + 1 < size; ++i) next[i] = merges.find(ids[i], ids[i + 1]);

  while (size > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < size; ++i) {
      if (next[i].rank < next[best].rank) best = i;
    }
    if (next[best].rank == Merge::kNever) break;

    ids[best] = next[best].id;
    --size;
    for (std::size_t i = best + 1; i < size; ++i) {
      ids[i] = ids[i + 1];
      next[i - 1] = next[i];
    }
    if (best + 1 < size) next[best] = merges.find(ids[best], ids[best + 1]);
    if (best > 0) next[best - 1] = merges.find(ids[best - 1], ids[best]);
  }
  return size;
}

// The pairs in a heap, and the tokens in a list that is linked by index.
class LongMerge {
 public:
  std::size_t run(const MergeTable& merges, std::span<TokenId> ids) {
    const auto size = static_cast<std::uint32_t>(ids.size());
    links_.resize(size);
    pairs_.clear();
    for (std::uint32_t i = 0; i < size; ++i) links_[i] = {i - 1, i + 1};
    for (std::uint32_t i = 0; i + 1 < size; ++i)
      offer(merges.find(ids[i], ids[i + 1]), i, ids, i + 1);
    std::make_heap(pairs_.begin(), pairs_.end(), later);

    while (!pairs_.empty()) {
      std::pop_heap(pairs_.begin(), pairs_.end(), later);
      const Pair pair = pairs_.back();
      pairs_.pop_back();
      // A pair of which a token has been merged away since is stale.
      const std::uint32_t right = links_[pair.at].next;
      if (right >= size || ids[pair.at] != pair.left || ids[right] != pair.right) continue;

      ids[pair.at] = pair.id;
      ids[right] = kGone;
      const std::uint32_t after = links_[right].next;
      links_[pair.at].next = after;
      if (after < size) {
        links_[after].previous = pair.at;
        push(merges.find(pair.id, ids[after]), pair.at, ids, after);
      }
      if (pair.at != 0) {
        const std::uint32_t before = links_[pair.at].previous;
        push(merges.find(ids[before], pair.id), before, ids, pair.at);
      }
    }
    return static_cast<std::size_t>(std::remove(ids.begin(), ids.end(), kGone) - ids.begin());
  }

 private:
  static constexpr TokenId kGone = -1;

  struct Link {
    std::uint32_t previous;
    std::uint32_t next;
  };
  struct Pair {
    std::uint32_t rank;
    std::uint32_t at;
    TokenId left;
    TokenId right;
    TokenId id;
  };

  static bool later(const Pair& a, const Pair& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  }

  bool offer(Merge merge, std::uint32_t at, std::span<const TokenId> ids, std::uint32_t right) {
    if (merge.rank == Merge::kNever) return false;
    pairs_.push_back({merge.rank, at, ids[at], ids[right], merge.id});
    return true;
  }
  void push(Merge merge, std::uint32_t at, std::span<const TokenId> ids, std::uint32_t right) {
    if (offer(merge, at, ids, right)) std::push_heap(pairs_.begin(), pairs_.end(), later);
  }

  std::vector<Link> links_;
  std::vector<Pair> pairs_;
};

}  // namespace

void merge_word(const MergeTable& merges, std::vector<TokenId>& ids, std::size_t begin) {
  const std::span<TokenId> word = std::span(ids).subspan(begin);
  if (word.size() < 2) return;
  const std::size_t size =
      word.size() <= kShort ? merge_short(merges, word) : LongMerge().run(merges, word);
  ids.resize(begin + size);
}

}  // namespace roux
