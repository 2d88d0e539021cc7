#include "tokenizer/word_counts.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace roux {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kChunk = std::size_t{64} << 10U;

}  // namespace

void WordCounts::add(std::string_view word, std::uint64_t hash, std::int64_t count) {
  if (size_ * 3 >= slots_.size() * 2) grow();
  const auto tag = static_cast<std::uint32_t>(hash);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = tag & mask;; at = (at + 1) & mask) {
    Entry& entry = slots_[at];
    if (!entry.data) {
      entry = {keep(word), static_cast<std::uint32_t>(word.size()), tag, count};
      ++size_;
      return;
    }
    if (entry.hash == tag && entry.size == word.size() &&
        std::memcmp(entry.data, word.data(), word.size()) == 0) {
      entry.count += count;
      return;
    }
  }
}

void WordCounts::grow() {
  std::vector<Entry> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Entry& entry : old) {
    if (!entry.data) continue;
    std::size_t at = entry.hash & mask;
    while (slots_[at].data) at = (at + 1) & mask;
    slots_[at] = entry;
  }
}

const char* WordCounts::keep(std::string_view word) {
  if (word.size() > chunk_left_) {
    chunk_left_ = std::max(kChunk, word.size());
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_left_));
    chunk_at_ = chunks_.back().get();
  }
  char* const kept = chunk_at_;
  std::memcpy(kept, word.data(), word.size());
  chunk_at_ += word.size();
  chunk_left_ -= word.size();
  return kept;
}

void WordCounts::forget(std::int64_t count) {
  WordCounts kept;
  for_each([&](const Entry& entry) {
    if (entry.count > count) kept.add(entry.word(), entry.hash, entry.count);
  });
  *this = std::move(kept);
}

void WordCounts::clear() {
  std::ranges::fill(slots_, Entry{});
  size_ = 0;
  if (chunks_.size() > 1) chunks_.resize(1);
  chunk_at_ = chunks_.empty() ? nullptr : chunks_[0].get();
  chunk_left_ = chunks_.empty() ? 0 : kChunk;
}

}  // namespace roux
