#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// One message of a conversation, as chat templates know it.
struct ChatMessage {
  std::string role;                         // "system", "user", "assistant", "tool", …
  std::optional<std::string> content = {};  // may be missing where there are tool calls
  std::optional<std::string> name = {};

  // As JSON, "" for none: the list of tool calls, and an object of further fields
  // ("reasoning_content", "tool_call_id", a content of several parts, …), which the template sees
  // beside the others.
  std::string tool_calls = {};
  std::string fields = {};
};

// Reads a JSON list of messages, or an object that has one as "messages". Fields that are null
// count as missing, but for the content, which is none to the template. Throws DataError, which
// begins with `what`: the file, or the place in it.
std::vector<ChatMessage> parse_chat_messages(std::string_view json,
                                             std::string_view what = "the conversation");

}  // namespace roux
