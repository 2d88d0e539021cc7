#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/tokenizer/splitter.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

struct BpeTrainerConfig {
  // Tokens in all: special ones, the 256 bytes, and what is merged from them.
  std::int64_t vocab_size = 32000;

  // What may merge; a tokenizer.json has it (split_patterns in splitter.h).
  std::string pattern = std::string(split_patterns::kLlama3);

  // They get the first ids. Where one is spelled in the text it is left out of the count.
  std::vector<std::string> special_tokens = {"<|endoftext|>"};

  // A pair that comes less often is not merged.
  std::int64_t min_frequency = 2;

  // How many different words are remembered while they are counted. If there are more, the rarest
  // are forgotten until half as many are left. About 200 bytes of memory for each.
  std::int64_t max_words = 5'000'000;

  // 0: as many as the process may use cores. The result is the same for any number.
  int num_threads = 0;
};

struct BpeProgress {
  std::uint64_t bytes = 0;  // of text, counted so far
  std::int64_t words = 0;   // different ones, remembered
  std::int64_t tokens = 0;  // made so far; 0 while words are counted
};

// A vocabulary that was learned. An id is an index into `tokens`.
struct TrainedBpe {
  std::vector<std::string> tokens;  // the bytes that each stands for; the special ones' spelling
  std::size_t num_special = 0;      // the first ones
  std::vector<std::pair<TokenId, TokenId>> merges;  // the first one goes first
  std::string pattern;

  std::uint64_t bytes = 0;           // of text
  std::int64_t words = 0;            // different ones, remembered in the end
  std::int64_t forgotten_words = 0;  // that came and were forgotten: see max_words
};

// Learns a byte-level BPE: the pair of tokens that stands side by side most often becomes a token,
// until there are `vocab_size` of them or none comes `min_frequency` times. Of pairs that come as
// often the one with the smaller ids is taken, so the result depends on nothing but the texts.
//
// `next` fills in a text (which may be a part of a longer one: see last_cut) and says whether there
// was one; `progress` is called now and then; both by this thread. Invalid UTF-8 is counted as
// encoding would take it, as U+FFFD. Pieces of more than 1 KiB are counted in parts.
//
// Throws ConfigError for a vocabulary without room for every byte, and for special tokens that are
// empty or given twice.
TrainedBpe train_bpe(const BpeTrainerConfig& config, const std::function<bool(std::string&)>& next,
                     const std::function<void(const BpeProgress&)>& progress = {});

// The last place at which `text` can be cut, with more of it to come, so that the pattern of a
// family finds the same pieces: where a line ends and the next one does not begin with a space. 0
// if there is none.
std::size_t last_cut(std::string_view text, std::string_view pattern);

// The tokenizer.json of the vocabulary, as the `tokenizers` library reads and writes it.
std::string tokenizer_json(const TrainedBpe& trained);

// Writes tokenizer.json and tokenizer_config.json into the folder, which is made if it is not
// there. The first special token is what ends a text.
void save_tokenizer(const TrainedBpe& trained, const std::filesystem::path& folder);

}  // namespace roux
