#pragma once

#include <memory>

#include "roux/model/card_store.h"
#include "roux/tokenizer/tokenizer.h"
#include "tool/tool.h"

namespace roux::tool {

// What several of them take.
Option model_option();
Option threads_option();

// The tokenizer that --model names, as a path, hf://… or a model card.
TokenizerFiles files_of(const Arguments& arguments);
std::unique_ptr<Tokenizer> tokenizer_of(const Arguments& arguments);

// Each is defined in <name>.cpp.
Command chat_command();
Command decode_command();
Command encode_command();
Command info_command();
Command train_command();

}  // namespace roux::tool
