#include "writer.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/datasets/sample_folder.h"
#include "roux/model/card_tokenizer.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/nn/flat_parameters.h"
#include "run_model.h"

namespace roux::lm {
namespace {

namespace fs = std::filesystem;

bool names_something(const TokenizerConfig& config) { return config.path || config.name; }

TokenizerFiles find_files(const TokenizerConfig& config, const ModelConfig& model,
                          const CardStore& cards) {
  if (config.path) return {*config.path, config.family.value_or("")};
  if (config.name == "sample") {
    const fs::path folder = datasets::default_sample_folder();
    datasets::make_sample_corpus(folder);
    return {folder};
  }
  if (config.name) return cards.tokenizer_of(*config.name);
  if (model.path) return {*model.path};
  if (model.name) return cards.tokenizer_of(*model.name);
  throw ConfigError("tokenizer.name needs to be specified, as the model brings no tokenizer");
}

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
  std::vector<TokenId> ids = tokenizer->encode(text);
  const auto eos = tokenizer->special_tokens().eos;
  if (!eos || ids.empty() || ids.back() != *eos) return ids;
  const std::vector<TokenId> plain = tokenizer->encode(text, {.add_special_tokens = false});
  // An end that the tokenizer added, and no end that somebody wrote.
  if (plain.empty() || plain.back() != *eos) ids.pop_back();
  return ids;
}

std::vector<TokenId> Writer::encode(const std::vector<ChatMessage>& messages) const {
  require(chat_template.has_value(), "Writer::encode: there is a chat template");
  return chat_template->encode(*tokenizer, messages, {.add_generation_prompt = true}).ids;
}

Writer load_writer(const ModelConfig& model, const TokenizerConfig& tokenizer,
                   const LMGeneratorConfig& generator, const ModelHub& hub,
                   const CardStore& cards) {
  Writer writer;
  ModelConfig source = model;
  TokenizerConfig tokenizer_source = tokenizer;
  std::vector<TokenId> ends;
  const auto checkpoint = model.path && !model.name && !fs::exists(*model.path / "config.json")
                              ? find_run_checkpoint(*model.path)
                              : std::nullopt;
  if (checkpoint) {
    const RunSections run = read_run_sections(*checkpoint);
    writer.model = load_run_model(*checkpoint, run.model, model, hub);
    source = run.model;
    if (!names_something(tokenizer)) tokenizer_source = run.tokenizer;
  } else {
    PlannedModel planned = hub.plan(model);
    require(planned.weights.has_value(), "load_writer: a reference model has weights");
    nn::FlatParameters(*planned.model).materialise(at::kCPU);
    load_weights(*planned.model, SafetensorsReader(*planned.weights));
    writer.model = std::move(planned.model);
    if (fs::is_directory(*planned.weights)) ends = ends_of_folder(*planned.weights);
  }

  TokenizerFiles files = find_files(tokenizer_source, source, cards);
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
