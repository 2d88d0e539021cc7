#include "roux/tokenizer/bpe_trainer.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "roux/base/error.h"
#include "roux/tokenizer/utf8.h"
#include "tokenizer/bpe_merger.h"
#include "tokenizer/byte_alphabet.h"
#include "tokenizer/word_counter.h"

namespace roux {
namespace {

constexpr std::size_t kNumBytes = 256;

// Ids by the bytes that a token stands for. A special token stands for its spelling's: should a
// merge make that, it makes the special token, as in the `tokenizers` library.
class Vocabulary {
 public:
  TokenId add(const std::string& bytes) {
    const auto [at, is_new] = ids_.try_emplace(bytes, static_cast<TokenId>(tokens_.size()));
    if (is_new) tokens_.push_back(bytes);
    return at->second;
  }

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  const std::string& operator[](TokenId id) const { return tokens_[static_cast<std::size_t>(id)]; }
  std::vector<std::string> take() { return std::move(tokens_); }

 private:
  std::map<std::string, TokenId> ids_;
  std::vector<std::string> tokens_;
};

// Bytes in the order of the characters that spell them, as the `tokenizers` library numbers them.
std::array<unsigned char, kNumBytes> bytes_by_spelling() {
  std::map<std::string, unsigned char> spelled;  // UTF-8 sorts as its characters do
  for (std::size_t byte = 0; byte < kNumBytes; ++byte) {
    spelled[spell_bytes(std::string(1, static_cast<char>(byte)))] =
        static_cast<unsigned char>(byte);
  }
  std::array<unsigned char, kNumBytes> bytes{};
  std::size_t rank = 0;
  for (const auto& [spelling, byte] : spelled) bytes[rank++] = byte;
  return bytes;
}

// Whether it is sure that the text does not begin with white space, in Unicode's sense.
bool begins_without_space(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return lead > ' ' && lead < 0x7f;
  const bool may_be_space = lead == 0xc2 || (lead >= 0xe1 && lead <= 0xe3);
  if (!may_be_space) return true;
  if (text.size() < 3) return false;
  for (const std::string_view space : {"\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe3\x80\x80"}) {
    if (text.starts_with(space)) return false;
  }
  return !text.starts_with("\xe2\x80") && !text.starts_with("\xe2\x81");  // and much else
}

void validate(const BpeTrainerConfig& config) {
  std::set<std::string> seen;
  for (const std::string& token : config.special_tokens) {
    if (token.empty()) throw ConfigError("a special token must not be empty");
    if (!is_valid_utf8(token)) throw ConfigError("a special token must be UTF-8");
    if (!seen.insert(token).second) {
      throw ConfigError(cat("the special token \"", token, "\" is given twice"));
    }
  }
  const auto least = static_cast<std::int64_t>(kNumBytes + config.special_tokens.size());
  if (config.vocab_size < least) {
    throw ConfigError(cat("vocab_size must be at least ", least, ", for every byte and ",
                          config.special_tokens.size(), " special tokens, but is ",
                          config.vocab_size));
  }
  if (config.vocab_size > (std::int64_t{1} << 30)) {
    throw ConfigError(cat("vocab_size must be at most 2^30, but is ", config.vocab_size));
  }
  if (config.max_words < 1) {
    throw ConfigError(cat("max_words must be at least 1, but is ", config.max_words));
  }
}

}  // namespace

TrainedBpe train_bpe(const BpeTrainerConfig& config, const std::function<bool(std::string&)>& next,
                     const std::function<void(const BpeProgress&)>& progress) {
  validate(config);
  const auto splitter = make_splitter(config.pattern);
  WordCounter counter(*splitter, {.pattern = config.pattern,
                                  .left_out = config.special_tokens,
                                  .max_words = config.max_words,
                                  .num_threads = config.num_threads});
  const auto tell = [&](std::int64_t tokens) {
    if (progress) progress({counter.bytes(), counter.size(), tokens});
  };
  counter.count(next, [&] { tell(0); });

  Vocabulary vocabulary;
  for (const std::string& token : config.special_tokens) vocabulary.add(token);
  std::array<TokenId, kNumBytes> ids{};
  for (const unsigned char byte : bytes_by_spelling()) {
    ids[byte] = vocabulary.add(std::string(1, static_cast<char>(byte)));
  }

  TrainedBpe trained{.num_special = config.special_tokens.size(),
                     .pattern = config.pattern,
                     .bytes = counter.bytes(),
                     .words = counter.size(),
                     .forgotten_words = counter.forgotten()};
  BpeMerger merger(counter.words(), ids, config.vocab_size);
  while (vocabulary.size() < config.vocab_size) {
    const auto best = merger.best();
    if (!best || best->count < config.min_frequency) break;
    const TokenId merged = vocabulary.add(vocabulary[best->left] + vocabulary[best->right]);
    trained.merges.emplace_back(best->left, best->right);
    merger.merge(merged);
    tell(vocabulary.size());
  }
  trained.tokens = vocabulary.take();
  return trained;
}

std::size_t last_cut(std::string_view text, std::string_view pattern) {
  // GPT-2's leaves the last of several spaces to what follows; the others take line ends together.
  const std::size_t before = pattern == split_patterns::kGpt2 ? 1 : 0;
  for (std::size_t at = text.size(); at-- > 1 + before;) {
    if (text[at - 1] == '\n' && begins_without_space(text.substr(at))) return at - before;
  }
  return 0;
}

}  // namespace roux
