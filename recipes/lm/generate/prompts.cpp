#include "prompts.h"

#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"

namespace roux::lm {
namespace {

using Json = nlohmann::ordered_json;

std::vector<ChatMessage> said(const LMGeneratorConfig& config, const std::string& text) {
  std::vector<ChatMessage> messages;
  if (config.system) messages.push_back({"system", *config.system});
  messages.push_back({"user", text});
  return messages;
}

Prompt of_text(const LMGeneratorConfig& config, std::string text, std::string place) {
  Prompt prompt{.text = std::move(text), .place = std::move(place)};
  if (config.chat) prompt.messages = said(config, prompt.text);
  prompt.fields =
      Json({{"prompt", prompt.text}}).dump(-1, ' ', false, Json::error_handler_t::replace);
  return prompt;
}

Prompt of_json(const LMGeneratorConfig& config, const std::string& line, std::string place) {
  const auto json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_string()) return of_text(config, json.get<std::string>(), std::move(place));
  if (!json.is_object()) {
    throw DataError(cat(place, ": must be a JSON string, or an object with a \"prompt\""));
  }
  Prompt prompt;
  if (const auto messages = json.find("messages"); config.chat && messages != json.end()) {
    prompt.messages = parse_chat_messages(messages->dump(), place);
    if (!prompt.messages.empty()) prompt.text = prompt.messages.back().content.value_or("");
  } else if (const auto text = json.find("prompt"); text != json.end() && text->is_string()) {
    prompt = of_text(config, text->get<std::string>(), "");
  } else {
    throw DataError(cat(place, ": must have a string as its \"prompt\"",
                        config.chat ? ", or a list as its \"messages\"" : "",
                        json.contains("messages") && !config.chat
                            ? " (generator.chat = true takes its \"messages\")"
                            : ""));
  }
  prompt.fields = json.dump();
  prompt.place = std::move(place);
  return prompt;
}

}  // namespace

std::vector<Prompt> read_prompts(const LMGeneratorConfig& config) {
  std::vector<Prompt> prompts;
  for (std::size_t i = 0; i < config.prompts.size(); ++i) {
    prompts.push_back(of_text(config, config.prompts[i], cat("generator.prompts[", i, "]")));
  }
  if (!config.prompts_file) return prompts;
  const std::string file = config.prompts_file->string();
  const bool is_jsonl = file.ends_with(".jsonl") || file.ends_with(".ndjson");
  std::vector<std::string> lines = split(read_file(*config.prompts_file), '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string& line = lines[i];
    if (line.ends_with('\r')) line.pop_back();
    std::string place = cat(file, ':', i + 1);
    if (is_jsonl && trim(line).empty()) continue;
    prompts.push_back(is_jsonl ? of_json(config, line, std::move(place))
                               : of_text(config, std::move(line), std::move(place)));
  }
  return prompts;
}

}  // namespace roux::lm
