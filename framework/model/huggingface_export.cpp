#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/checkpoint_tensors.h"
#include "model/huggingface_config.h"
#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/huggingface.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

// What lies beside the weights of a Hugging Face folder and holds for the exported model too.
constexpr std::array<const char*, 10> kCompanions{
    "tokenizer.json",      "tokenizer.model",   "tokenizer_config.json", "special_tokens_map.json",
    "vocab.json",          "merges.txt",        "added_tokens.json",     "generation_config.json",
    "chat_template.jinja", "chat_template.json"};

// Keys of config.json that are the tokenizer's and not the model's.
constexpr std::array<const char*, 3> kTokenKeys{"bos_token_id", "eos_token_id", "pad_token_id"};

// Fills a tensor of the checkpoint from our parameters, in `dtype`.
at::Tensor assembled(const CheckpointTensor& tensor, at::ScalarType dtype) {
  if (tensor.parts.size() == 1) return tensor.parts.front().ours.to(at::kCPU, dtype).contiguous();
  at::Tensor whole = at::empty(tensor.shape, at::TensorOptions(dtype));
  for (const auto& part : tensor.parts) {
    whole.narrow(part.piece.dim, part.piece.begin, part.ours.size(part.piece.dim)).copy_(part.ours);
  }
  return whole;
}

std::vector<TensorSource> sources_of(const LanguageModel& model, const TensorMap& map,
                                     const ExportOptions& options) {
  const std::string& prefix = map.base_prefix();
  const StoredDTypes& stored = options.stored_dtypes;
  const bool bare = !stored.empty() && std::none_of(stored.begin(), stored.end(), [&](auto& each) {
    return each.first.starts_with(prefix);
  });
  std::vector<TensorSource> sources;
  for (CheckpointTensor& tensor : checkpoint_tensors(model, map)) {
    if (bare && tensor.name.starts_with(prefix)) tensor.name.erase(0, prefix.size());
    const auto found = stored.find(tensor.name);
    const DType own = to_dtype(tensor.parts.front().ours.scalar_type());
    const DType dtype = found != stored.end() ? found->second : options.dtype.value_or(own);
    std::string name = tensor.name;
    auto shape = tensor.shape;
    sources.push_back(
        {std::move(name), dtype, std::move(shape),
         [tensor = std::move(tensor), dtype] { return assembled(tensor, to_scalar_type(dtype)); }});
  }
  return sources;
}

// The dtype that most elements are written in.
DType common_dtype(const std::vector<TensorSource>& sources) {
  std::map<DType, std::int64_t> elements;
  for (const TensorSource& source : sources) {
    std::int64_t numel = 1;
    for (const std::int64_t size : source.shape) numel *= size;
    elements[source.dtype] += numel;
  }
  return std::max_element(elements.begin(), elements.end(),
                          [](auto& a, auto& b) { return a.second < b.second; })
      ->first;
}

void add_token_keys(const fs::path& companions, nlohmann::ordered_json& config) {
  const fs::path file = companions / "config.json";
  if (!fs::exists(file)) return;
  const auto original = nlohmann::json::parse(read_file(file, kLargestHuggingFaceConfig), nullptr,
                                              /*allow_exceptions=*/false);
  if (!original.is_object()) return;
  for (const char* key : kTokenKeys) {
    if (original.contains(key)) config[key] = original[key];
  }
}

void add_token_keys(const SpecialTokens& tokens, nlohmann::ordered_json& config) {
  const auto add = [&](const char* key, const std::optional<TokenId>& id) {
    if (id && !config.contains(key)) config[key] = *id;
  };
  add("bos_token_id", tokens.bos);
  add("eos_token_id", tokens.eos);
  add("pad_token_id", tokens.pad);
}

void copy_companions(const fs::path& from, const fs::path& to) {
  for (const char* name : kCompanions) {
    if (fs::exists(from / name)) write_file(to / name, read_file(from / name));
  }
}

}  // namespace

void export_huggingface(const LanguageModel& model, const fs::path& folder,
                        const ExportOptions& options) try {
  const auto form = model.huggingface();
  if (!form) throw Error("this model has no Hugging Face form to be exported in");
  if (fs::exists(folder)) {
    throw ConfigError(cat(folder.string(), " exists: give the name of a new folder"));
  }
  auto sources = sources_of(model, form->tensors, options);
  auto config = nlohmann::ordered_json::parse(form->config);
  config["torch_dtype"] = to_string(common_dtype(sources));
  if (options.companions) add_token_keys(*options.companions, config);
  add_token_keys(options.special_tokens, config);

  const fs::path parent = fs::absolute(folder).parent_path();
  fs::create_directories(parent);
  const TemporaryFolder unfinished(parent);
  write_safetensors_folder(unfinished.path(), std::move(sources),
                           {.max_file_bytes = options.max_file_bytes});
  write_file(unfinished.path() / "config.json", config.dump(2) + '\n');
  if (options.companions) copy_companions(*options.companions, unfinished.path());
  sync_folder(unfinished.path());
  durable_rename(unfinished.path(), folder);
} catch (const fs::filesystem_error& error) {
  throw Error(cat("cannot write ", folder.string(), ": ", error.code().message()));
}

}  // namespace roux
