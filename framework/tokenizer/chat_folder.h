#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "roux/tokenizer/chat_template.h"

namespace roux {

struct NamedSource {
  std::string name;   // "default", "tool_use", …
  std::string place;  // for messages: the file it is from
  std::string text;
};

struct ChatFolder {
  std::vector<NamedSource> sources;  // empty: there is no template
  ChatTokens tokens;
};

// What a model's folder says about its chat template.
ChatFolder read_chat_folder(const std::filesystem::path& folder);

}  // namespace roux
