#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/tokenizer/chat_message.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// The special tokens of a model, by their texts.
struct ChatTokens {
  // What templates name: {"bos_token", "<s>"}, {"eos_token", "</s>"}, …
  std::vector<std::pair<std::string, std::string>> variables;
  // All others.
  std::vector<std::string> others = {};

  static ChatTokens of(const Tokenizer& tokenizer);
};

struct ChatOptions {
  // End with what the assistant's answer begins behind.
  bool add_generation_prompt = false;
  // End with the last message's content, so that the model goes on with it.
  bool continue_final_message = false;

  // As JSON, "" for none: the schemas of the tools, the documents of a retrieval, and an object of
  // further variables of the template ({"enable_thinking": false}).
  std::string tools = {};
  std::string documents = {};
  std::string variables = {};

  // Which of several templates; "" takes "tool_use" if there are tools and such a template, else
  // "default".
  std::string name = {};

  // What time the template sees; unset: the time of the call.
  std::optional<std::chrono::system_clock::time_point> now = {};
};

struct TextRange {
  std::size_t begin;  // in bytes
  std::size_t end;

  bool operator==(const TextRange&) const = default;
};

struct RenderedChat {
  std::string text;
  // What the assistant said, and has to learn: in order, none over another. See
  // docs/chat-templates.md for the rule.
  std::vector<TextRange> assistant;
};

struct EncodedChat {
  std::vector<TokenId> ids;
  std::vector<bool> assistant;  // one for every id
};

// How a model writes a conversation down: a Jinja template as Hugging Face's tokenizers carry it.
//
// A template may come from a stranger: it can't reach anything outside, and it is stopped when it
// takes too long or too much. Immutable; every member may be called from any thread.
class ChatTemplate {
 public:
  // `name` stands for the template in messages. Throws DataError, which names the line and the
  // column, for what is no template.
  explicit ChatTemplate(std::string_view source, ChatTokens tokens = {},
                        std::string_view name = "chat template");

  // Of a model's folder: chat_template.jinja with additional_chat_templates/, or the one in
  // tokenizer_config.json or chat_template.json, with the special tokens named there. Throws
  // DataError if there is none.
  static ChatTemplate load(const std::filesystem::path& folder);
  // nullopt if the folder has none.
  static std::optional<ChatTemplate> find(const std::filesystem::path& folder);

  // One of builtin_names(), with its family's special tokens where `tokens` names none. Throws
  // ConfigError for another name.
  static ChatTemplate builtin(std::string_view name, const ChatTokens& tokens = {});
  static std::vector<std::string> builtin_names();

  // Throws DataError where the template refuses the conversation, and where a text that should be
  // JSON is none.
  RenderedChat render(std::span<const ChatMessage> messages, const ChatOptions& options = {}) const;

  // The ids of the rendered text, special tokens taken for what they are. The template writes a
  // BOS or leaves it out: the tokenizer adds none. A token of which any byte is the assistant's is
  // the assistant's.
  EncodedChat encode(const Tokenizer& tokenizer, std::span<const ChatMessage> messages,
                     const ChatOptions& options = {}) const;

  // The names of its templates; {"default"} mostly.
  std::vector<std::string> names() const;

 private:
  class State;
  explicit ChatTemplate(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace roux
