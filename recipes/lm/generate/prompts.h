#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config.h"
#include "roux/tokenizer/chat_message.h"

namespace roux::lm {

// What is gone on with, and where it came from.
struct Prompt {
  std::string text;
  std::vector<ChatMessage> messages = {};  // in place of the text, if it is a chat's
  std::string fields = "{}";               // as JSON: what is written beside the generation
  std::string place = {};                  // "prompts.jsonl:3"
};

// Those of the config, then those of its file. Throws DataError, which names the line.
std::vector<Prompt> read_prompts(const LMGeneratorConfig& config);

}  // namespace roux::lm
