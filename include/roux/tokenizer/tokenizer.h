#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

using TokenId = std::int32_t;

struct EncodeOptions {
  // Add what the tokenizer's post-processor says: a BOS in front, an EOS at the end.
  bool add_special_tokens = true;

  // Take the text of a special token ("<|endoftext|>") for the token. Off for text that nobody has
  // looked at, which could otherwise end its own document.
  bool parse_special_tokens = true;
};

struct DecodeOptions {
  bool skip_special_tokens = false;
};

// The tokens with a meaning of their own, where the tokenizer has them.
struct SpecialTokens {
  std::optional<TokenId> bos;
  std::optional<TokenId> eos;
  std::optional<TokenId> pad;
  std::optional<TokenId> unk;
};

// Turns the ids of one text into the text as they come, and never breaks a UTF-8 character.
class StreamingDecoder {
 public:
  virtual ~StreamingDecoder() = default;

  // What `id` adds to the text: possibly nothing yet.
  virtual std::string push(TokenId id) = 0;

  // What was held back: an unfinished character comes out as U+FFFD.
  virtual std::string finish() = 0;
};

// Text to token ids and back.
//
// Immutable once made; every member may be called from any thread.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the ids of `text` to `ids`. Invalid UTF-8 is encoded as the reference library does
  // (each broken piece as U+FFFD), unless the tokenizer works on bytes.
  virtual void encode(std::string_view text, std::vector<TokenId>& ids,
                      const EncodeOptions& options = {}) const = 0;
  std::vector<TokenId> encode(std::string_view text, const EncodeOptions& options = {}) const {
    std::vector<TokenId> ids;
    encode(text, ids, options);
    return ids;
  }

  // Throws DataError for an id that is not in the vocabulary.
  virtual std::string decode(std::span<const TokenId> ids,
                             const DecodeOptions& options = {}) const = 0;
  virtual std::unique_ptr<StreamingDecoder> streaming_decoder(
      const DecodeOptions& options = {}) const = 0;

  // Ids run from 0 to size() - 1, added tokens included; some may be unused.
  virtual TokenId size() const = 0;

  // The token as the vocabulary spells it; nullopt if there is none of that id.
  virtual std::optional<std::string> token(TokenId id) const = 0;
  virtual std::optional<TokenId> find(std::string_view token) const = 0;
  virtual bool is_special(TokenId id) const = 0;

  virtual const SpecialTokens& special_tokens() const = 0;
};

}  // namespace roux
