#pragma once

#include <memory>
#include <string>
#include <vector>

#include "roux/generation/text_generator.h"
#include "roux/model/huggingface.h"
#include "roux/tokenizer/load.h"

namespace roux {

// A tiny model of transformers' with the bytes as its tokens, of which it knows the first 72.
struct SmallWriter {
  explicit SmallWriter(const std::string& name = "llama3");

  WritingModel model(std::vector<TokenId> end_tokens = {}) const {
    return {*loaded.model, *tokenizer, std::move(end_tokens)};
  }

  LoadedModel loaded;
  std::unique_ptr<Tokenizer> tokenizer;
};

inline GenerationPrompt prompt_of(std::vector<TokenId> ids, std::uint64_t number = 0) {
  return {std::move(ids), RandomStream(3, "generation").child(number)};
}

}  // namespace roux
