#include "roux/tokenizer/chat_template.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "tokenizer/assistant_mask.h"
#include "tokenizer/chat_builtin.h"
#include "tokenizer/chat_folder.h"
#include "tokenizer/chat_values.h"
#include "tokenizer/jinja/json.h"
#include "tokenizer/jinja/runtime.h"
#include "tokenizer/jinja/unicode.h"
#include "tokenizer/token_ranges.h"

namespace roux {
namespace {

struct FamilyTokens {
  std::string_view name;
  std::string_view bos;
  std::string_view eos;
};

// What each family's tokenizer says they are; "" where it has none.
constexpr FamilyTokens kFamilyTokens[] = {
    {"chatml", "", "<|im_end|>"},
    {"gemma2", "<bos>", "<eos>"},
    {"gemma3", "<bos>", "<eos>"},
    {"llama2", "<s>", "</s>"},
    {"llama3", "<|begin_of_text|>", "<|eot_id|>"},
    {"llama3_1", "<|begin_of_text|>", "<|eot_id|>"},
    {"llama3_2", "<|begin_of_text|>", "<|eot_id|>"},
    {"mistral", "<s>", "</s>"},
    {"mistral_v3", "<s>", "</s>"},
    {"mixtral", "<s>", "</s>"},
    {"olmo2", "<|endoftext|>", "<|endoftext|>"},
    {"phi3", "<s>", "<|endoftext|>"},
    {"phi3_5", "<s>", "<|endoftext|>"},
    {"qwen2", "", "<|im_end|>"},
    {"qwen2_5", "", "<|im_end|>"},
    {"qwen3", "", "<|im_end|>"},
};

bool has_variable(const ChatTokens& tokens, std::string_view variable) {
  return std::any_of(tokens.variables.begin(), tokens.variables.end(),
                     [&](const auto& each) { return each.first == variable; });
}

jinja::Value parse_or_none(const std::string& json, std::string_view what) {
  if (json.empty()) return jinja::Value::None();
  return jinja::parse_json(json, what);
}

}  // namespace

ChatTokens ChatTokens::of(const Tokenizer& tokenizer) {
  ChatTokens tokens;
  const auto add = [&](const char* name, std::optional<TokenId> id) {
    if (!id) return;
    if (const auto text = tokenizer.token(*id)) tokens.variables.emplace_back(name, *text);
  };
  add("bos_token", tokenizer.special_tokens().bos);
  add("eos_token", tokenizer.special_tokens().eos);
  add("pad_token", tokenizer.special_tokens().pad);
  add("unk_token", tokenizer.special_tokens().unk);
  return tokens;
}

class ChatTemplate::State {
 public:
  State(std::span<const NamedSource> sources, ChatTokens tokens) : tokens_(std::move(tokens)) {
    for (const auto& [name, token] : tokens_.variables) special_.push_back(token);
    special_.insert(special_.end(), tokens_.others.begin(), tokens_.others.end());
    for (const NamedSource& each : sources) {
      Named named{
          each.name, jinja::Template::parse(jinja::Source::make(each.place, each.text)), {}};
      named.shape = learn(named.parsed);
      templates_.push_back(std::move(named));
    }
  }

  RenderedChat render(std::span<const ChatMessage> messages, const ChatOptions& options) const {
    if (options.continue_final_message && options.add_generation_prompt) {
      throw ConfigError(
          "continue_final_message and add_generation_prompt must not both be set: one goes on with "
          "the last message, the other begins a new one");
    }
    if (messages.empty()) throw DataError("a conversation must have at least one message");
    const Named& named = choose(options);
    jinja::Text text = run(named.parsed, messages, options);
    if (options.continue_final_message) text = cut_at_tag(text, messages.back());

    RenderedChat chat;
    if (named.parsed.has_generation) {
      chat.assistant = generated_ranges(text);
    } else {
      std::vector<bool> is_assistant;
      for (const ChatMessage& each : messages) {
        is_assistant.push_back(each.role == "assistant" || each.role == "model");
      }
      chat.assistant = assistant_ranges(text, is_assistant, named.shape, special_);
    }
    chat.text = std::move(text.bytes);
    return chat;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Named& each : templates_) all.push_back(each.name);
    return all;
  }

 private:
  struct Named {
    std::string name;
    jinja::Template parsed;
    TurnShape shape;
  };

  const Named& choose(const ChatOptions& options) const {
    const auto find = [&](std::string_view name) {
      return std::find_if(templates_.begin(), templates_.end(),
                          [&](const Named& each) { return each.name == name; });
    };
    if (!options.name.empty()) {
      const auto found = find(options.name);
      if (found == templates_.end()) {
        throw ConfigError(cat("there is no chat template \"", options.name, "\" here",
                              did_you_mean(options.name, names()), ": there are ",
                              join(names(), ", ")));
      }
      return *found;
    }
    if (!options.tools.empty()) {
      if (const auto found = find("tool_use"); found != templates_.end()) return *found;
    }
    const auto found = find("default");
    if (found != templates_.end()) return *found;
    if (templates_.size() == 1) return templates_.front();
    throw ConfigError(
        cat("which chat template is meant needs to be said: there are ", join(names(), ", ")));
  }

  jinja::Text run(const jinja::Template& parsed, std::span<const ChatMessage> messages,
                  const ChatOptions& options) const {
    jinja::Dict variables;
    for (const auto& [name, token] : tokens_.variables) variables.set(name, token);
    variables.set("messages", chat_values(messages, options.continue_final_message));
    variables.set("tools", parse_or_none(options.tools, "tools"));
    variables.set("documents", parse_or_none(options.documents, "documents"));
    variables.set("add_generation_prompt", options.add_generation_prompt);
    if (!options.variables.empty()) {
      const jinja::Value more = jinja::parse_json(options.variables, "variables");
      if (more.dict() == nullptr) throw DataError("variables: must be a JSON object");
      for (const auto& [name, value] : more.dict()->entries) variables.set(name, value);
    }
    const auto now = options.now.value_or(std::chrono::system_clock::now());
    return jinja::Runtime(parsed, variables, now).run();
  }

  // Templates differ in all but what they do with a question and an answer.
  TurnShape learn(const jinja::Template& parsed) const {
    if (parsed.has_generation) return {};
    const std::vector<ChatMessage> messages = {{.role = "user", .content = "question"},
                                               {.role = "assistant", .content = "answer"},
                                               {.role = "user", .content = "question"}};
    const std::span<const ChatMessage> all = messages;
    try {
      return learn_turn_shape(
          {.question = run(parsed, all.first(1), {}).bytes,
           .prompt = run(parsed, all.first(1), {.add_generation_prompt = true}).bytes,
           .answered = run(parsed, all.first(2), {}),
           .asked_again = run(parsed, all, {})},
          special_);
    } catch (const DataError&) {
      // It wants another conversation than this. What it would say is not said here: the same
      // template may be right for the user's.
      return {};
    }
  }

  static jinja::Text cut_at_tag(const jinja::Text& text, const ChatMessage& last) {
    const std::string_view tag = jinja::strip_right(kContinueTag);
    const std::size_t at = text.bytes.rfind(tag);
    const bool is_there =
        !last.content ||
        text.bytes.find(jinja::strip_left(jinja::strip_right(*last.content))) != std::string::npos;
    if (at == std::string::npos || !is_there) {
      throw DataError(
          "continue_final_message: the template does not write the last message as it is");
    }
    // A template that trims the message has taken the space at the end of the tag, too.
    if (std::string_view(text.bytes).substr(at).starts_with(kContinueTag)) return text.slice(0, at);
    return text.slice(0, jinja::strip_right(std::string_view(text.bytes).substr(0, at)).size());
  }

  ChatTokens tokens_;
  std::vector<std::string> special_;
  std::vector<Named> templates_;
};

ChatTemplate::ChatTemplate(std::string_view source, ChatTokens tokens, std::string_view name) {
  const NamedSource only{"default", std::string(name), std::string(source)};
  state_ = std::make_shared<const State>(std::span(&only, 1), std::move(tokens));
}

std::optional<ChatTemplate> ChatTemplate::find(const std::filesystem::path& folder) {
  ChatFolder found = read_chat_folder(folder);
  if (found.sources.empty()) return std::nullopt;
  return ChatTemplate(std::make_shared<const State>(found.sources, std::move(found.tokens)));
}

ChatTemplate ChatTemplate::load(const std::filesystem::path& folder) {
  auto found = find(folder);
  if (!found) {
    throw DataError(cat(folder.string(),
                        ": has no chat template: neither chat_template.jinja nor "
                        "one in tokenizer_config.json or chat_template.json"));
  }
  return *std::move(found);
}

ChatTemplate ChatTemplate::builtin(std::string_view name, const ChatTokens& tokens) {
  for (const BuiltinChatTemplate& each : builtin_chat_templates()) {
    if (each.name != name) continue;
    ChatTokens all = tokens;
    for (const FamilyTokens& family : kFamilyTokens) {
      if (family.name != name) continue;
      const auto add = [&](const char* variable, std::string_view token) {
        if (!token.empty() && !has_variable(tokens, variable)) {
          all.variables.emplace_back(variable, std::string(token));
        }
      };
      add("bos_token", family.bos);
      add("eos_token", family.eos);
    }
    return ChatTemplate(each.source, std::move(all), cat("chat template ", name));
  }
  const std::vector<std::string> known = builtin_names();
  throw ConfigError(cat("chat_template must be a built-in one (", join(known, ", "), "), but is \"",
                        name, "\"", did_you_mean(name, known)));
}

std::vector<std::string> ChatTemplate::builtin_names() {
  std::vector<std::string> names;
  for (const BuiltinChatTemplate& each : builtin_chat_templates()) names.emplace_back(each.name);
  return names;
}

std::vector<std::string> ChatTemplate::names() const {
  return state_->names();
}

RenderedChat ChatTemplate::render(std::span<const ChatMessage> messages,
                                  const ChatOptions& options) const {
  return state_->render(messages, options);
}

EncodedChat ChatTemplate::encode(const Tokenizer& tokenizer, std::span<const ChatMessage> messages,
                                 const ChatOptions& options) const {
  const RenderedChat chat = render(messages, options);
  EncodedChat encoded;
  encoded.ids =
      tokenizer.encode(chat.text, {.add_special_tokens = false, .parse_special_tokens = true});
  encoded.assistant = tokens_in(token_ranges(tokenizer, chat.text, encoded.ids), chat.assistant);
  return encoded;
}

}  // namespace roux
