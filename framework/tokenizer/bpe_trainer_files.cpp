#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "roux/base/files.h"
#include "roux/tokenizer/bpe_trainer.h"
#include "tokenizer/byte_alphabet.h"

namespace roux {
namespace {

std::string json_string(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(c));
      json += escaped.data();
    } else {
      json += c;
    }
  }
  return json += '"';
}

std::string added_token(std::string_view content, std::size_t id) {
  return "    {\"id\": " + std::to_string(id) + ", \"content\": " + json_string(content) +
         ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, \"normalized\": false, "
         "\"special\": true}";
}

std::string pre_tokenizer(const std::string& pattern) {
  constexpr std::string_view kByteLevel =
      "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, "
      "\"use_regex\": ";
  if (pattern == split_patterns::kGpt2) return std::string(kByteLevel) + "true}";
  return "{\"type\": \"Sequence\", \"pretokenizers\": [\n    {\"type\": \"Split\", \"pattern\": "
         "{\"Regex\": " +
         json_string(pattern) + "}, \"behavior\": \"Isolated\", \"invert\": false},\n    " +
         std::string(kByteLevel) + "false}\n  ]}";
}

}  // namespace

std::string tokenizer_json(const TrainedBpe& trained) {
  std::vector<std::string> spelled;
  for (std::size_t id = 0; id < trained.tokens.size(); ++id) {
    const std::string& token = trained.tokens[id];
    spelled.push_back(json_string(id < trained.num_special ? token : spell_bytes(token)));
  }

  std::string json =
      "{\n  \"version\": \"1.0\",\n  \"truncation\": null,\n  \"padding\": null,\n"
      "  \"added_tokens\": [\n";
  for (std::size_t id = 0; id < trained.num_special; ++id) {
    json += (id ? ",\n" : "") + added_token(trained.tokens[id], id);
  }
  json += "\n  ],\n  \"normalizer\": null,\n  \"pre_tokenizer\": " + pre_tokenizer(trained.pattern);
  json +=
      ",\n  \"post_processor\": null,\n  \"decoder\": {\"type\": \"ByteLevel\", "
      "\"add_prefix_space\": true, \"trim_offsets\": true, \"use_regex\": true},\n"
      "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
      "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n"
      "    \"fuse_unk\": false,\n    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n"
      "    \"vocab\": {\n";
  for (std::size_t id = 0; id < spelled.size(); ++id) {
    json += (id ? ",\n      " : "      ") + spelled[id] + ": " + std::to_string(id);
  }
  json += "\n    },\n    \"merges\": [\n";
  const char* separator = "      [";
  for (const auto& [left, right] : trained.merges) {
    json += separator + spelled[static_cast<std::size_t>(left)] + ", " +
            spelled[static_cast<std::size_t>(right)] + "]";
    separator = ",\n      [";
  }
  return json += "\n    ]\n  }\n}\n";
}

void save_tokenizer(const TrainedBpe& trained, const std::filesystem::path& folder) {
  std::string config = "{\n  \"tokenizer_class\": \"PreTrainedTokenizerFast\",\n";
  if (trained.num_special > 0)
    config += "  \"eos_token\": " + json_string(trained.tokens[0]) + ",\n";
  config += "  \"clean_up_tokenization_spaces\": false\n}\n";

  std::filesystem::create_directories(folder);
  write_file(folder / "tokenizer.json", tokenizer_json(trained));
  write_file(folder / "tokenizer_config.json", config);
}

}  // namespace roux
