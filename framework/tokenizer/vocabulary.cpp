#include "tokenizer/vocabulary.h"

#include <bit>

#include "roux/base/error.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/hash.h"

namespace roux {

void Vocabulary::reserve(std::size_t tokens, std::size_t bytes) {
  slices_.reserve(tokens);
  arena_.reserve(bytes);
  slots_.resize(std::bit_ceil(tokens * 2 + 2));
}

void Vocabulary::add(std::string_view spelled, TokenId id) {
  if (spelling_ == Spelling::Plain) {
    store(spelled, id, false);
    index(spelled, id);
  } else if (unspell_bytes(spelled, unspelled_)) {
    store(unspelled_, id, false);
    index(unspelled_, id);
  } else {
    store(spelled, id, true);
    by_name_.insert_or_assign(std::string(spelled), id);
  }
}

void Vocabulary::add_outside_model(std::string_view text, TokenId id) {
  store(text, id, true);
  by_name_.insert_or_assign(std::string(text), id);
}

bool Vocabulary::has(TokenId id) const {
  return id >= 0 && id < size() && slices_[static_cast<std::size_t>(id)].used;
}

std::string_view Vocabulary::text(TokenId id) const {
  const Slice& slice = slices_[static_cast<std::size_t>(id)];
  return std::string_view(arena_).substr(slice.offset, slice.size);
}

std::string Vocabulary::spelled(TokenId id) const {
  const bool as_is = slices_[static_cast<std::size_t>(id)].spelled_as_is;
  if (spelling_ == Spelling::Plain || as_is) return std::string(text(id));
  return spell_bytes(text(id));
}

std::optional<TokenId> Vocabulary::find(std::string_view spelled) const {
  if (const auto named = by_name_.find(std::string(spelled)); named != by_name_.end()) {
    return named->second;
  }
  TokenId id = kNone;
  if (spelling_ == Spelling::Plain) {
    id = find_text(spelled);
  } else if (std::string bytes; unspell_bytes(spelled, bytes)) {
    id = find_text(bytes);
  }
  return id == kNone ? std::nullopt : std::optional(id);
}

TokenId Vocabulary::find_text(std::string_view text) const {
  if (slots_.empty()) return kNone;
  const auto hash = static_cast<std::uint32_t>(hash_bytes(text.data(), text.size()));
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.id == kNone) return kNone;
    if (slot.hash == hash && this->text(slot.id) == text) return slot.id;
  }
}

void Vocabulary::store(std::string_view text, TokenId id, bool spelled_as_is) {
  const auto at = static_cast<std::size_t>(id);
  require(id >= 0, "Vocabulary: an id must not be negative");
  require(arena_.size() + text.size() < UINT32_MAX, "Vocabulary: more than 4 GB of tokens");
  if (at >= slices_.size()) slices_.resize(at + 1);
  slices_[at] = {static_cast<std::uint32_t>(arena_.size()), static_cast<std::uint32_t>(text.size()),
                 true, spelled_as_is};
  arena_ += text;
}

void Vocabulary::index(std::string_view text, TokenId id) {
  if (num_indexed_ * 2 + 2 > slots_.size()) grow();
  const auto hash = static_cast<std::uint32_t>(hash_bytes(text.data(), text.size()));
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id != kNone) {
    if (slots_[at].hash == hash && this->text(slots_[at].id) == text) {
      slots_[at].id = id;
      return;
    }
    at = (at + 1) & mask;
  }
  slots_[at] = {hash, id};
  ++num_indexed_;
}

void Vocabulary::grow() {
  std::vector<Slot> old(slots_.empty() ? 1024 : slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == kNone) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].id != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace roux
