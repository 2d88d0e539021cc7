#include "writer.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/generation/encode_prompt.h"
#include "roux/model/card_tokenizer.h"
#include "roux/nn/flat_parameters.h"
#include "roux/recipe/found_model.h"

namespace roux::lm {
namespace {

namespace fs = std::filesystem;

// The ids that the folder's generation_config.json, or else its config.json, ends texts with.
std::vector<TokenId> ends_of_folder(const fs::path& folder) {
  for (const char* name : {"generation_config.json", "config.json"}) {
    const fs::path file = folder / name;
    if (!fs::exists(file)) continue;
    const auto json = nlohmann::json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) throw DataError(cat(file.string(), " must be a JSON object"));
    const auto found = json.find("eos_token_id");
    if (found == json.end() || found->is_null()) continue;
    std::vector<TokenId> ids;
    for (const auto& id : found->is_array() ? *found : nlohmann::json::array({*found})) {
      if (!id.is_number_integer()) {
        throw DataError(cat(file.string(), ": \"eos_token_id\" must be an id or a list of ids, ",
                            "but is ", found->dump()));
      }
      ids.push_back(id.get<TokenId>());
    }
    return ids;
  }
  return {};
}

std::vector<TokenId> all_ends(const Tokenizer& tokenizer, const LMGeneratorConfig& generator,
                              std::vector<TokenId> ends) {
  if (tokenizer.special_tokens().eos) ends.push_back(*tokenizer.special_tokens().eos);
  for (const std::string& token : generator.end_tokens) {
    const auto id = tokenizer.find(token);
    if (!id) {
      throw ConfigError(
          cat("generator.end_tokens must be tokens of the tokenizer, but it has no \"", token,
              "\" (seq_generator.config.stop takes any string)"));
    }
    ends.push_back(*id);
  }
  std::ranges::sort(ends);
  const auto more = std::ranges::unique(ends);
  ends.erase(more.begin(), more.end());
  return ends;
}

}  // namespace

std::vector<TokenId> Writer::encode(std::string_view text) const {
  return encode_prompt(*tokenizer, text);
}

std::vector<TokenId> Writer::encode(const std::vector<ChatMessage>& messages) const {
  require(chat_template.has_value(), "Writer::encode: there is a chat template");
  return chat_template->encode(*tokenizer, messages, {.add_generation_prompt = true}).ids;
}

Writer load_writer(const ModelConfig& model, const TokenizerConfig& tokenizer,
                   const LMGeneratorConfig& generator, const ModelHub& hub,
                   const CardStore& cards) {
  Writer writer;
  FoundModel found = find_model(model, hub);
  nn::FlatParameters parameters(*found.model);
  parameters.materialise(at::kCPU);
  require(read_values(found, parameters), "load_writer: a reference model has weights");
  writer.model = found.model;
  std::vector<TokenId> ends;
  if (found.weights && fs::is_directory(*found.weights)) ends = ends_of_folder(*found.weights);

  TokenizerFiles files = find_tokenizer(tokenizer, found, cards);
  writer.tokenizer = load_tokenizer(files);
  if (writer.tokenizer->size() > writer.model->vocab_size()) {
    throw ConfigError(
        cat("the tokenizer must have at most as many tokens as the model's "
            "vocabulary (",
            writer.model->vocab_size(), "), but has ", writer.tokenizer->size()));
  }
  writer.end_tokens = all_ends(*writer.tokenizer, generator, std::move(ends));
  if (generator.chat) {
    if (generator.chat_template) files.chat_template = *generator.chat_template;
    writer.chat_template = find_chat_template(files, *writer.tokenizer);
    if (!writer.chat_template) {
      throw ConfigError(cat("generator.chat_template needs to be specified, as ",
                            files.path.string(), " brings none"));
    }
  }
  return writer;
}

}  // namespace roux::lm
