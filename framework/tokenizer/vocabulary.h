#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "roux/tokenizer/tokenizer.h"

namespace roux {

// Tokens and their ids. Each is kept as the text it stands for: the vocabulary's own spelling, or
// in a byte-level one the bytes behind it.
class Vocabulary {
 public:
  enum class Spelling { Plain, ByteLevel };
  static constexpr TokenId kNone = -1;

  explicit Vocabulary(Spelling spelling) : spelling_(spelling) {}

  void reserve(std::size_t tokens, std::size_t bytes);

  // A token of the model. A later one of the same id or text replaces the former.
  void add(std::string_view spelled, TokenId id);

  // A token that is found by its name only, and that the model never makes.
  void add_outside_model(std::string_view text, TokenId id);

  // One more than the largest id.
  TokenId size() const { return static_cast<TokenId>(slices_.size()); }
  bool has(TokenId id) const;

  // Requires: has(id).
  std::string_view text(TokenId id) const;
  std::string spelled(TokenId id) const;

  std::optional<TokenId> find(std::string_view spelled) const;

  // The model's token of that text, kNone if there is none.
  TokenId find_text(std::string_view text) const;

  // The same for a pair's text, without joining it first.
  TokenId find_text(std::string_view left, std::string_view right, std::string& buffer) const {
    buffer.assign(left);
    buffer += right;
    return find_text(buffer);
  }

 private:
  struct Slice {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    bool used = false;
    bool spelled_as_is = false;  // in a byte-level vocabulary: not in its alphabet
  };
  struct Slot {
    std::uint32_t hash = 0;
    TokenId id = kNone;
  };

  void store(std::string_view text, TokenId id, bool spelled_as_is);
  void index(std::string_view text, TokenId id);
  void grow();

  Spelling spelling_;
  std::string arena_;
  std::vector<Slice> slices_;
  std::vector<Slot> slots_;  // a power of two of them, at most half full
  std::size_t num_indexed_ = 0;
  std::unordered_map<std::string, TokenId> by_name_;  // what is not indexed by its text
  std::string unspelled_;
};

}  // namespace roux
