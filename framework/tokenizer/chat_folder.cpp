#include "tokenizer/chat_folder.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "tokenizer/jinja/json_parsing.h"

namespace roux {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxTemplateBytes = 4U << 20U;
constexpr std::uint64_t kMaxConfigBytes = 256U << 20U;

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path, kMaxConfigBytes);
  try {
    Json json = Json::parse(text);
    if (!json.is_object()) throw DataError(cat(path.string(), ": must be a JSON object"));
    return json;
  } catch (const Json::exception& error) {
    throw DataError(cat(path.string(), ": ", jinja::json_problem(error)));
  }
}

// "<s>" or {"content": "<s>", …}; "" for anything else.
std::string token_text(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.contains("content") && json["content"].is_string()) {
    return json["content"].get<std::string>();
  }
  return "";
}

void add_tokens(const Json& config, ChatTokens& tokens) {
  const auto has = [&](const std::string& name) {
    return std::any_of(tokens.variables.begin(), tokens.variables.end(),
                       [&](const auto& each) { return each.first == name; });
  };
  for (const auto& [key, value] : config.items()) {
    const std::string text = token_text(value);
    if (key.ends_with("_token") && !text.empty() && !has(key))
      tokens.variables.emplace_back(key, text);
  }
  if (config.contains("extra_special_tokens") && config["extra_special_tokens"].is_object()) {
    for (const auto& [key, value] : config["extra_special_tokens"].items()) {
      if (const std::string text = token_text(value); !text.empty() && !has(key)) {
        tokens.variables.emplace_back(key, text);
      }
    }
  }
  for (const char* list : {"additional_special_tokens", "extra_special_tokens"}) {
    if (!config.contains(list) || !config[list].is_array()) continue;
    for (const Json& each : config[list]) {
      if (const std::string text = token_text(each); !text.empty()) tokens.others.push_back(text);
    }
  }
  if (config.contains("added_tokens_decoder") && config["added_tokens_decoder"].is_object()) {
    for (const auto& [id, each] : config["added_tokens_decoder"].items()) {
      const std::string text = token_text(each);
      if (!text.empty() && each.value("special", false)) tokens.others.push_back(text);
    }
  }
}

// A text, or a list of {"name", "template"}, or an object of them.
void add_templates(const Json& given, const std::string& place, std::vector<NamedSource>& sources) {
  const auto fail = [&] {
    throw DataError(cat(place, ": chat_template must be a text or a list of named texts"));
  };
  const auto add = [&](const Json& name, const Json& text) {
    if (!name.is_string() || !text.is_string()) fail();
    sources.push_back({name.get<std::string>(),
                       cat(place, ": chat_template ", name.get<std::string>()),
                       text.get<std::string>()});
  };
  if (given.is_string()) {
    sources.push_back({"default", place + ": chat_template", given.get<std::string>()});
  } else if (given.is_array()) {
    for (const Json& each : given) {
      if (!each.is_object() || !each.contains("name") || !each.contains("template")) fail();
      add(each["name"], each["template"]);
    }
  } else if (given.is_object()) {
    for (const auto& [name, text] : given.items()) add(name, text);
  } else if (!given.is_null()) {
    fail();
  }
}

}  // namespace

ChatFolder read_chat_folder(const std::filesystem::path& folder) {
  ChatFolder found;
  const auto config_path = folder / "tokenizer_config.json";
  Json config = Json::object();
  if (exists(config_path)) {
    config = read_json(config_path);
    add_tokens(config, found.tokens);
  }
  if (const auto path = folder / "special_tokens_map.json"; exists(path)) {
    add_tokens(read_json(path), found.tokens);
  }

  // A file of its own goes before the entry in a config.
  if (const auto path = folder / "chat_template.jinja"; exists(path)) {
    found.sources.push_back({"default", path.string(), read_file(path, kMaxTemplateBytes)});
  }
  if (const auto more = folder / "additional_chat_templates"; is_directory(more)) {
    std::vector<std::filesystem::path> paths;
    for (const auto& each : std::filesystem::directory_iterator(more)) {
      if (each.path().extension() == ".jinja") paths.push_back(each.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      found.sources.push_back(
          {path.stem().string(), path.string(), read_file(path, kMaxTemplateBytes)});
    }
  }
  if (found.sources.empty() && config.contains("chat_template")) {
    add_templates(config["chat_template"], config_path.string(), found.sources);
  }
  if (const auto path = folder / "chat_template.json"; found.sources.empty() && exists(path)) {
    const Json json = read_json(path);
    if (json.contains("chat_template")) {
      add_templates(json["chat_template"], path.string(), found.sources);
    }
  }
  return found;
}

}  // namespace roux
