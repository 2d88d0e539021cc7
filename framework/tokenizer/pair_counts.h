#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/hash.h"

namespace roux {

// How often pairs of tokens come; 0 unless it was said otherwise.
class PairCounts {
 public:
  PairCounts() : slots_(1U << 16U) {}

  std::int64_t& operator()(TokenId left, TokenId right) {
    if (size_ * 2 >= slots_.size()) grow();
    const std::uint64_t key =
        static_cast<std::uint64_t>(left) << 32U | static_cast<std::uint64_t>(right);
    Slot& slot = find(key);
    if (slot.key == kUnused) {
      slot.key = key;
      ++size_;
    }
    return slot.count;
  }

 private:
  static constexpr std::uint64_t kUnused = ~std::uint64_t{0};  // no id is negative

  struct Slot {
    std::uint64_t key = kUnused;
    std::int64_t count = 0;
  };

  Slot& find(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix(key ^ kHashA, kHashB) & mask;
    while (slots_[at].key != key && slots_[at].key != kUnused) at = (at + 1) & mask;
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != kUnused) find(slot.key) = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace roux
