#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>

#include "roux/tokenizer/tokenizer.h"
#include "tokenizer/hash.h"

namespace roux {

// The ids of words seen lately. Of one size for ever: a word that comes takes the place of one that
// has not come for longer. For one thread.
class WordCache {
 public:
  static constexpr std::size_t kMaxWord = 32;  // in bytes
  static constexpr std::size_t kMaxIds = 7;

  // 4 MB: fewer words are forgotten than with 2, and more than a core keeps to itself costs little,
  // since it is the same few words that come all the time.
  static constexpr std::size_t kNumSets = 1 << 15;

  struct Key {
    std::uint64_t parts[4];  // the word, as the first and the last 16 bytes of it
    std::uint64_t hash;
    std::uint8_t size;
  };

  struct Entry {
    std::uint64_t parts[4];
    std::array<TokenId, kMaxIds> ids;
    std::uint8_t size;  // 0: unused
    std::uint8_t count;

    bool is_of(const Key& key) const {
      return size == key.size && parts[0] == key.parts[0] && parts[1] == key.parts[1] &&
             parts[2] == key.parts[2] && parts[3] == key.parts[3];
    }
  };
  static_assert(sizeof(Entry) == 64);

  // Pages that no word has touched cost nothing: calloc gets them as zeros from the system.
  WordCache() : memory_(std::calloc(kNumSets * sizeof(Set) + kLine, 1)) {
    if (memory_ == nullptr) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    sets_ = reinterpret_cast<Set*>((address + kLine - 1) / kLine * kLine);
  }

  // Requires: 1 to kMaxWord bytes.
  static Key key(std::string_view word) {
    const char* at = word.data();
    const std::size_t size = word.size();
    if (size <= 16) {
      const Short whole = load_short(at, size);
      return {{whole.a, whole.b, 0, 0}, hash_short(whole, size), static_cast<std::uint8_t>(size)};
    }
    const std::uint64_t parts[] = {load64(at), load64(at + 8), load64(at + size - 16),
                                   load64(at + size - 8)};
    const std::uint64_t hash = mix(parts[0] ^ kHashA, parts[1] ^ kHashB) ^
                               mix(parts[2] ^ kHashB, parts[3] ^ kHashA ^ (size << 56));
    return {{parts[0], parts[1], parts[2], parts[3]}, hash, static_cast<std::uint8_t>(size)};
  }

  void prefetch(const Key& key) const { __builtin_prefetch(&set(key)); }

  const Entry* find(const Key& key) const {
    const Set& set = this->set(key);
    if (set.entries[0].is_of(key)) return &set.entries[0];
    if (set.entries[1].is_of(key)) return &set.entries[1];
    return nullptr;
  }

  // Requires: at most kMaxIds.
  void put(const Key& key, const TokenId* ids, std::size_t count) {
    Set& set = sets_[key.hash % kNumSets];
    set.entries[1] = set.entries[0];
    Entry& entry = set.entries[0];
    for (int i = 0; i < 4; ++i) entry.parts[i] = key.parts[i];
    for (std::size_t i = 0; i < count; ++i) entry.ids[i] = ids[i];
    entry.size = key.size;
    entry.count = static_cast<std::uint8_t>(count);
  }

 private:
  struct Set {
    Entry entries[2];
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  static constexpr std::uintptr_t kLine = 64;

  const Set& set(const Key& key) const { return sets_[key.hash % kNumSets]; }

  std::unique_ptr<void, Free> memory_;
  Set* sets_ = nullptr;
};

}  // namespace roux
