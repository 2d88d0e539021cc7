#pragma once

#include <span>
#include <string_view>

#include "roux/tokenizer/chat_message.h"
#include "tokenizer/jinja/value.h"

namespace roux {

// What transformers appends to the message that is to be continued, to find where it ends.
inline constexpr std::string_view kContinueTag = "CONTINUE_FINAL_MESSAGE_TAG ";

// The messages as a template sees them. All but roles and names is marked as from its message. With
// `continued`, the last one's content ends with kContinueTag.
jinja::Value chat_values(std::span<const ChatMessage> messages, bool continued);

}  // namespace roux
