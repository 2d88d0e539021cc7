#pragma once

#include <span>
#include <string_view>

namespace roux {

// A template of framework/tokenizer/chat_templates, and its family's special tokens.
struct BuiltinChatTemplate {
  std::string_view name;
  std::string_view source;
};

// Written at build time, by name.
std::span<const BuiltinChatTemplate> builtin_chat_templates();

}  // namespace roux
