#include "generation/prompts.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/model/language_model.h"

namespace roux {

void check_prompts(std::span<const GenerationPrompt> prompts, const WritingModel& model) {
  const std::int64_t reach = model.model.max_seq_len();
  const std::int64_t vocab_size = model.model.vocab_size();
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const auto& ids = prompts[i].ids;
    if (ids.empty()) throw DataError(cat("prompt ", i + 1, " must have at least one token"));
    if (static_cast<std::int64_t>(ids.size()) >= reach) {
      throw DataError(cat("prompt ", i + 1, " must have less tokens than the model can read (",
                          reach, "), but has ", ids.size()));
    }
    for (const TokenId id : ids) {
      if (id >= 0 && id < vocab_size) continue;
      throw DataError(cat("prompt ", i + 1, " must have tokens from 0 to ", vocab_size - 1,
                          ", but has ", id, ": do the model and the tokenizer belong together?"));
    }
  }
}

std::unique_ptr<StreamingDecoder> decoder_behind(std::span<const TokenId> ids,
                                                 const Tokenizer& tokenizer) {
  auto decoder = tokenizer.streaming_decoder({.skip_special_tokens = true});
  for (const TokenId id : ids) decoder->push(id);
  return decoder;
}

nn::KeyValueCache make_cache(std::span<const GenerationPrompt> prompts, const WritingModel& model,
                             std::int64_t slots, std::int64_t max_gen_len) {
  std::int64_t longest = 0;
  for (const auto& prompt : prompts) {
    longest = std::max(longest, static_cast<std::int64_t>(prompt.ids.size()));
  }
  const std::int64_t reach = model.model.max_seq_len();
  return model.model.make_cache(slots, longest + std::min(max_gen_len, reach - longest));
}

bool is_end(const WritingModel& model, TokenId id) {
  return std::ranges::find(model.end_tokens, id) != model.end_tokens.end();
}

}  // namespace roux
