#include "roux/tokenizer/chat_message.h"

#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "tokenizer/chat_values.h"
#include "tokenizer/jinja/json.h"
#include "tokenizer/jinja/json_parsing.h"

namespace roux {
namespace {

using Json = nlohmann::ordered_json;

// The names under which a message's reasoning is passed: templates read one or the other.
constexpr std::string_view kReasoning[] = {"reasoning_content", "thinking", "reasoning"};

std::string take_text(const Json& value, std::string_view what, std::size_t index,
                      std::string_view field) {
  if (!value.is_string()) {
    throw DataError(cat(what, ": message ", index, ": '", field, "' must be a text, but is ",
                        value.dump().substr(0, 80)));
  }
  return value.get<std::string>();
}

ChatMessage read_message(const Json& json, std::string_view what, std::size_t index) {
  if (!json.is_object()) {
    throw DataError(
        cat(what, ": message ", index, " must be an object, but is ", json.dump().substr(0, 80)));
  }
  ChatMessage message;
  Json fields = Json::object();
  bool has_role = false;
  for (const auto& [key, value] : json.items()) {
    if (value.is_null() && key != "content") continue;
    if (key == "role") {
      message.role = take_text(value, what, index, key);
      has_role = true;
    } else if (key == "content" && value.is_string()) {
      message.content = value.get<std::string>();
    } else if (key == "name") {
      message.name = take_text(value, what, index, key);
    } else if (key == "tool_calls") {
      message.tool_calls = value.dump();
    } else {
      fields[key] = value;
    }
  }
  if (!has_role) throw DataError(cat(what, ": message ", index, " has no role"));
  if (!fields.empty()) message.fields = fields.dump();
  return message;
}

void alias_reasoning(jinja::Dict& dict) {
  for (const std::string_view name : kReasoning) {
    const jinja::Value* found = dict.find(name);
    if (found == nullptr) continue;
    const jinja::Value reasoning = *found;
    if (dict.find(std::string_view("thinking")) == nullptr) dict.set("thinking", reasoning);
    dict.set("reasoning_content", reasoning);
    return;
  }
}

// The text that is to go on: the content, or the last text of its parts.
jinja::Value with_tag(const jinja::Value& content) {
  if (const jinja::Text* text = content.text()) {
    jinja::Text tagged = *text;
    const std::size_t size = tagged.bytes.size();
    tagged.append(kContinueTag);
    if (!tagged.marks.empty() && tagged.marks.back().end == size) {
      tagged.marks.back().end = tagged.bytes.size();
    }
    return tagged;
  }
  if (const jinja::List* list = content.list()) {
    std::vector<jinja::Value> parts = list->items;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      const jinja::Value* text =
          part->dict() == nullptr ? nullptr : part->dict()->find(std::string_view("text"));
      if (text == nullptr || text->text() == nullptr) continue;
      jinja::Dict dict = *part->dict();
      dict.set("text", with_tag(*text));
      *part = jinja::make_dict(std::move(dict));
      return jinja::make_list(std::move(parts));
    }
  }
  throw DataError("continue_final_message: the last message has no text to continue");
}

jinja::Value value_of(const ChatMessage& message, std::int32_t index, bool continued) {
  const std::string what = cat("message ", index);
  jinja::Dict dict;
  dict.message = index;
  dict.set("role", message.role);
  if (message.content) {
    jinja::Text content{*message.content, {}};
    content.mark_all(index);
    dict.set("content", std::move(content));
  }
  if (message.name) dict.set("name", *message.name);
  if (!message.tool_calls.empty()) {
    dict.set("tool_calls", jinja::parse_json(message.tool_calls, what + ": tool_calls", index));
  }
  if (!message.fields.empty()) {
    const jinja::Value fields = jinja::parse_json(message.fields, what + ": fields", index);
    if (fields.dict() == nullptr) throw DataError(cat(what, ": fields must be a JSON object"));
    for (const auto& [key, value] : fields.dict()->entries) {
      if (!value.is_none() || key.text()->bytes == "content") dict.set(key, value);
    }
  }
  alias_reasoning(dict);
  if (continued) {
    const jinja::Value* content = dict.find(std::string_view("content"));
    if (content == nullptr) {
      throw DataError("continue_final_message: the last message has no content to continue");
    }
    dict.set("content", with_tag(*content));
  }
  return jinja::make_dict(std::move(dict));
}

}  // namespace

std::vector<ChatMessage> parse_chat_messages(std::string_view json, std::string_view what) {
  Json parsed;
  try {
    parsed = Json::parse(json.begin(), json.end(), jinja::JsonDepth(what));
  } catch (const Json::exception& error) {
    throw DataError(cat(what, ": ", jinja::json_problem(error)));
  }
  if (parsed.is_object() && parsed.contains("messages")) parsed = Json(parsed["messages"]);
  if (!parsed.is_array()) throw DataError(cat(what, ": must be a list of messages"));
  std::vector<ChatMessage> messages;
  for (const Json& each : parsed) messages.push_back(read_message(each, what, messages.size()));
  return messages;
}

jinja::Value chat_values(std::span<const ChatMessage> messages, bool continued) {
  std::vector<jinja::Value> values;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const bool last = i + 1 == messages.size();
    values.push_back(value_of(messages[i], static_cast<std::int32_t>(i), continued && last));
  }
  return jinja::make_list(std::move(values));
}

}  // namespace roux
