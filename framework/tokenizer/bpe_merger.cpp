#include "tokenizer/bpe_merger.h"

#include <algorithm>
#include <limits>

#include "roux/base/error.h"

namespace roux {
namespace {

std::size_t index(TokenId token) {
  return static_cast<std::size_t>(token);
}

}  // namespace

BpeMerger::Neighbours::Neighbours(std::size_t max_tokens)
    : changes(max_tokens), positions(max_tokens), is_touched(max_tokens) {}

void BpeMerger::Neighbours::change(TokenId token, std::int64_t count) {
  if (!is_touched[index(token)]) {
    is_touched[index(token)] = true;
    touched.push_back(token);
  }
  changes[index(token)] += count;
}

void BpeMerger::Neighbours::add(TokenId token, std::int64_t count, std::uint32_t word) {
  change(token, count);
  Positions& words = positions[index(token)];
  if (words.empty() || words.back() != word) words.push_back(word);
}

BpeMerger::BpeMerger(std::span<const CountedWord> words, std::span<const TokenId> ids,
                     std::int64_t max_tokens)
    : lost_left_(static_cast<std::size_t>(max_tokens)),
      gained_left_(static_cast<std::size_t>(max_tokens)),
      lost_right_(static_cast<std::size_t>(max_tokens)),
      gained_right_(static_cast<std::size_t>(max_tokens)) {
  require(words.size() < std::numeric_limits<std::uint32_t>::max(), "words are counted in 32 bits");
  std::size_t size = 0;
  for (const CountedWord& each : words) size += each.word.size();
  tokens_.reserve(size);
  for (const CountedWord& each : words) {
    begins_.push_back(tokens_.size());
    sizes_.push_back(static_cast<std::uint32_t>(each.word.size()));
    counts_.push_back(each.count);
    for (const char byte : each.word) tokens_.push_back(ids[static_cast<unsigned char>(byte)]);
  }
  count_pairs();
}

void BpeMerger::count_pairs() {
  // There are few pairs of bytes: a bucket for each, found without hashing.
  struct Bucket {
    std::int64_t count = 0;
    Positions words;
  };
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::vector<Bucket> buckets;
  std::vector<std::size_t> bucket_of(std::size_t{1} << 16U, kNone);  // by the ranks of both bytes
  std::vector<std::uint16_t> rank_of(lost_left_.changes.size());
  std::vector<TokenId> bytes;
  std::vector<bool> seen(rank_of.size());
  for (const TokenId token : tokens_) {
    if (seen[index(token)]) continue;
    seen[index(token)] = true;
    rank_of[index(token)] = static_cast<std::uint16_t>(bytes.size());
    bytes.push_back(token);
  }

  for (std::uint32_t word = 0; word < sizes_.size(); ++word) {
    const TokenId* const at = tokens_.data() + begins_[word];
    for (std::uint32_t i = 0; i + 1 < sizes_[word]; ++i) {
      const std::size_t key = std::size_t{rank_of[index(at[i])]} << 8U | rank_of[index(at[i + 1])];
      if (bucket_of[key] == kNone) {
        bucket_of[key] = buckets.size();
        buckets.emplace_back();
      }
      Bucket& bucket = buckets[bucket_of[key]];
      bucket.count += counts_[word];
      if (bucket.words.empty() || bucket.words.back() != word) bucket.words.push_back(word);
    }
  }
  for (std::size_t key = 0; key < bucket_of.size(); ++key) {
    if (bucket_of[key] == kNone) continue;
    Bucket& bucket = buckets[bucket_of[key]];
    const TokenId left = bytes[key >> 8U];
    const TokenId right = bytes[key & 0xffU];
    pair_counts_(left, right) = bucket.count;
    push(left, right, bucket.count, std::move(bucket.words));
  }
}

void BpeMerger::push(TokenId left, TokenId right, std::int64_t count, Positions positions) {
  std::uint32_t slot = 0;
  if (free_positions_.empty()) {
    slot = static_cast<std::uint32_t>(positions_.size());
    positions_.push_back(std::move(positions));
  } else {
    slot = free_positions_.back();
    free_positions_.pop_back();
    positions_[slot] = std::move(positions);
  }
  queue_.push({count, left, right, slot});
}

std::optional<BpeMerger::Candidate> BpeMerger::best() {
  while (!queue_.empty()) {
    top_ = queue_.top();
    queue_.pop();
    const std::int64_t count = pair_counts_(top_.left, top_.right);
    if (top_.count == count) {
      if (count < 1) return std::nullopt;
      return Candidate{top_.left, top_.right, count};
    }
    // Merges since have taken some of them. What is left may come later, or never.
    top_.count = count;
    if (count > 0) queue_.push(top_);
  }
  return std::nullopt;
}

void BpeMerger::merge(TokenId merged) {
  const Positions words = std::exchange(positions_[top_.positions], {});
  free_positions_.push_back(top_.positions);
  for (const std::uint32_t word : words) merge_in(word, merged);
  settle(merged);
}

void BpeMerger::merge_in(std::uint32_t word, TokenId merged) {
  TokenId* const tokens = tokens_.data() + begins_[word];
  const std::uint32_t size = sizes_[word];
  const std::int64_t count = counts_[word];
  const TokenId left = top_.left;
  const TokenId right = top_.right;

  std::uint32_t to = 0;
  for (std::uint32_t from = 0; from < size; ++to) {
    if (tokens[from] != left || from + 1 >= size || tokens[from + 1] != right) {
      tokens[to] = tokens[from++];
      continue;
    }
    from += 2;
    if (to > 0) {
      lost_left_.change(tokens[to - 1], -count);
      gained_left_.add(tokens[to - 1], count, word);
    }
    if (from < size) {
      lost_right_.change(tokens[from], -count);
      gained_right_.add(tokens[from], count, word);
    }
    tokens[to] = merged;
  }
  sizes_[word] = to;
}

void BpeMerger::settle(TokenId merged) {
  const auto change = [](Neighbours& neighbours, const auto& count_of) {
    for (const TokenId token : neighbours.touched) {
      count_of(token) += std::exchange(neighbours.changes[index(token)], 0);
    }
  };
  change(
      lost_left_, [&](TokenId x) -> auto& { return pair_counts_(x, top_.left); });
  change(
      gained_left_, [&](TokenId x) -> auto& { return pair_counts_(x, merged); });
  change(
      lost_right_, [&](TokenId x) -> auto& { return pair_counts_(top_.right, x); });
  change(
      gained_right_, [&](TokenId x) -> auto& { return pair_counts_(merged, x); });

  const auto queue = [&](Neighbours& neighbours, const auto& pair_of) {
    for (const TokenId token : neighbours.touched) {
      Positions words = std::exchange(neighbours.positions[index(token)], {});
      const auto [left, right] = pair_of(token);
      const std::int64_t count = pair_counts_(left, right);
      if (count > 0 && !words.empty()) push(left, right, count, std::move(words));
    }
  };
  queue(gained_left_, [&](TokenId x) { return std::pair(x, merged); });
  queue(gained_right_, [&](TokenId x) { return std::pair(merged, x); });

  for (Neighbours* each : {&lost_left_, &gained_left_, &lost_right_, &gained_right_}) {
    for (const TokenId token : each->touched) each->is_touched[index(token)] = false;
    each->touched.clear();
  }
}

}  // namespace roux
