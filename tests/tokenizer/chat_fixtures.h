#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roux/base/files.h"
#include "roux/tokenizer/chat_template.h"

namespace roux::chat_test {

using Json = nlohmann::ordered_json;

// What tools/parity.d/chat_templates.py wrote: checked in, or fresh ones where the environment
// says.
std::filesystem::path fixtures();

inline Json read_json(const std::filesystem::path& path) {
  return Json::parse(read_file(path));
}

inline ChatOptions options_of(const Json& json) {
  ChatOptions options;
  options.add_generation_prompt = json.value("add_generation_prompt", false);
  options.continue_final_message = json.value("continue_final_message", false);
  if (json.contains("tools")) options.tools = json["tools"].dump();
  if (json.contains("variables")) options.variables = json["variables"].dump();
  return options;
}

// The families whose renderings are there.
inline std::vector<std::string> families() {
  std::vector<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(fixtures())) {
    if (each.path().extension() == ".json") names.push_back(each.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Its own template where one lies beside the renderings, else the built-in one.
inline ChatTemplate template_of(const std::string& family) {
  const auto own = fixtures() / (family + ".jinja");
  const auto names = ChatTemplate::builtin_names();
  if (std::find(names.begin(), names.end(), family) != names.end()) {
    return ChatTemplate::builtin(family);
  }
  return ChatTemplate(read_file(own), {{{"bos_token", "<s>"}, {"eos_token", "</s>"}}},
                      own.string());
}

}  // namespace roux::chat_test
