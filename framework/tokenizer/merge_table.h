#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/hash.h"

namespace roux {

// What two neighbouring tokens become, and how soon: the least rank goes first.
struct Merge {
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t rank = kNever;
  TokenId id = 0;
};

// The merges by their pair.
class MergeTable {
 public:
  explicit MergeTable(std::size_t merges)
      : slots_(std::bit_ceil(merges + merges / 2 + 2)),
        shift_(64 - std::countr_zero(slots_.size())) {}

  // The first of two merges of the same pair stays. Requires: no more merges than were announced.
  void add(TokenId left, TokenId right, Merge merge) {
    const std::uint64_t pair = key(left, right);
    Slot* slot = home(pair);
    while (slot->pair != kNoPair) {
      if (slot->pair == pair) return;
      slot = after(slot);
    }
    *slot = {pair, merge};
  }

  Merge find(TokenId left, TokenId right) const {
    const std::uint64_t pair = key(left, right);
    const Slot* slot = home(pair);
    while (slot->pair != pair) {
      if (slot->pair == kNoPair) return {};
      slot = after(slot);
    }
    return slot->merge;
  }

 private:
  static constexpr std::uint64_t kNoPair = std::numeric_limits<std::uint64_t>::max();

  struct Slot {
    std::uint64_t pair = kNoPair;
    Merge merge;
  };

  static std::uint64_t key(TokenId left, TokenId right) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
           static_cast<std::uint32_t>(right);
  }
  const Slot* home(std::uint64_t pair) const {
    return &slots_[mix(pair ^ kHashB, kHashA) >> shift_];
  }
  Slot* home(std::uint64_t pair) { return &slots_[mix(pair ^ kHashB, kHashA) >> shift_]; }
  const Slot* after(const Slot* slot) const {
    return ++slot == slots_.data() + slots_.size() ? slots_.data() : slot;
  }
  Slot* after(Slot* slot) { return const_cast<Slot*>(std::as_const(*this).after(slot)); }

  std::vector<Slot> slots_;
  int shift_;
};

}  // namespace roux
