#pragma once

#include <memory>
#include <span>

#include "roux/generation/text_generator.h"
#include "roux/nn/key_value_cache.h"

namespace roux {

// Throws what TextGenerator::generate() says.
void check_prompts(std::span<const GenerationPrompt> prompts, const WritingModel& model);

// For what follows `ids`, the tokens before it: a decoder may drop a space at the very beginning,
// which is not where the new text begins. Special tokens are left out.
std::unique_ptr<StreamingDecoder> decoder_behind(std::span<const TokenId> ids,
                                                 const Tokenizer& tokenizer);

// A cache for `slots` texts that go on from any of the prompts.
nn::KeyValueCache make_cache(std::span<const GenerationPrompt> prompts, const WritingModel& model,
                             std::int64_t slots, std::int64_t max_gen_len);

bool is_end(const WritingModel& model, TokenId id);

}  // namespace roux
