#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"
#include "roux/generation/text_generator.h"
#include "roux/model/language_model.h"
#include "roux/model/model_hub.h"
#include "roux/tokenizer/chat_template.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux::lm {

// A model that is ready to write, with all that belongs to it.
struct Writer {
  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<Tokenizer> tokenizer;
  std::vector<TokenId> end_tokens;
  std::optional<ChatTemplate> chat_template;  // if [generator] wants to chat

  // A text as the model's tokenizer begins one: without the token that would end it.
  std::vector<TokenId> encode(std::string_view text) const;

  // Requires: a chat template.
  std::vector<TokenId> encode(const std::vector<ChatMessage>& messages) const;
};

// Finds what the config names: a card, a Hugging Face folder or a training run. Throws ConfigError
// or DataError.
Writer load_writer(const ModelConfig& model, const TokenizerConfig& tokenizer,
                   const LMGeneratorConfig& generator, const ModelHub& hub, const CardStore& cards);

}  // namespace roux::lm
