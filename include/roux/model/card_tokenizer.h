#pragma once

#include <memory>
#include <optional>

#include "roux/model/card_store.h"
#include "roux/tokenizer/chat_template.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// The tokenizer that find_tokenizer() or CardStore::tokenizer_of() found, read as its card says.
// Throws as load_tokenizer(path) does, and ConfigError for a family where there is no tiktoken
// file.
std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerFiles& files);

// How its model writes conversations down: as the card says, else as the files beside the tokenizer
// do; nullopt where neither says it. Special tokens that are named nowhere else are `tokenizer`'s.
// Throws Error if the template can't be read, DataError, with line and column, if it is none.
std::optional<ChatTemplate> find_chat_template(const TokenizerFiles& files,
                                               const Tokenizer& tokenizer);

}  // namespace roux
