// `roux inspect`: what a checkpoint holds, from the headers of its files alone.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/base/visible.h"
#include "roux/config/sections/common.h"
#include "roux/model/card_store.h"
#include "roux/model/safetensors.h"
#include "roux/model/tensor_groups.h"
#include "tool/table.h"
#include "tool/tool.h"

namespace roux::tool {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Sum {
  std::int64_t tensors = 0;
  std::int64_t parameters = 0;
  std::uint64_t bytes = 0;

  void add(const StoredTensor& tensor) {
    ++tensors;
    parameters += tensor.numel();
    bytes += tensor.size;
  }
};

struct Checkpoint {
  SafetensorsReader reader;
  std::vector<StoredTensor> tensors;  // in the order in which they are shown
  Sum sum;
  std::map<std::string, Sum> by_dtype;
  Json config;  // null where there is none
};

Json read_config(const fs::path& folder) {
  constexpr std::uint64_t kMaxBytes = 16 << 20;
  const auto file = folder / "config.json";
  if (!fs::exists(file)) return {};
  Json config = Json::parse(read_file(file, kMaxBytes), nullptr, false);
  if (!config.is_object()) {
    throw DataError(cat(file.string(), config.is_discarded() ? ": is no JSON: is it damaged?"
                                                             : ": must be a JSON object"));
  }
  return config;
}

Checkpoint open(const std::string& given) {
  Checkpoint checkpoint{
      SafetensorsReader(find_checkpoint(given, CardStore(CardStore::user_folders({})))),
      {},
      {},
      {},
      {}};
  const auto& reader = checkpoint.reader;
  if (reader.tensors().empty()) {
    throw DataError(cat(reader.path().string(),
                        ": names no tensor: a checkpoint holds at least one. Was it written "
                        "whole?"));
  }
  checkpoint.tensors.assign(reader.tensors().begin(), reader.tensors().end());
  std::sort(checkpoint.tensors.begin(), checkpoint.tensors.end(),
            [](const auto& a, const auto& b) { return natural_less(a.name, b.name); });
  for (const auto& tensor : checkpoint.tensors) {
    checkpoint.sum.add(tensor);
    checkpoint.by_dtype[dtype_text(tensor)].add(tensor);
  }
  const auto& path = reader.path();
  checkpoint.config = read_config(fs::is_directory(path) ? path : path.parent_path());
  return checkpoint;
}

Json json_of(const Checkpoint& checkpoint) {
  const auto& reader = checkpoint.reader;
  Json json{{"path", reader.path().string()}};
  for (const auto& file : reader.files()) {
    json["files"].push_back({{"path", file.string()}, {"bytes", fs::file_size(file)}});
  }
  json["tensors"] = Json::array();
  for (const auto& tensor : checkpoint.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", dtype_text(tensor)},
                               {"shape", tensor.shape},
                               {"parameters", tensor.numel()},
                               {"bytes", tensor.size},
                               {"file", reader.file_of(tensor).filename().string()}});
  }
  for (const auto& [dtype, sum] : checkpoint.by_dtype) {
    json["dtypes"][dtype] = {
        {"tensors", sum.tensors}, {"parameters", sum.parameters}, {"bytes", sum.bytes}};
  }
  json["parameters"] = checkpoint.sum.parameters;
  json["bytes"] = checkpoint.sum.bytes;
  json["metadata"] = reader.metadata();
  json["config"] = checkpoint.config;
  return json;
}

std::string plural(std::int64_t count, const std::string& noun) {
  return cat(with_commas(count), " ", noun, count == 1 ? "" : "s");
}

void print_tensors(const std::vector<TensorGroup>& groups) {
  Column name{{"name"}};
  Column count{{"tensors"}, true};
  Column dtype{{"dtype"}};
  Column shape{{"shape"}};
  Column parameters{{"parameters"}, true};
  Column bytes{{"bytes"}, true};
  for (const auto& group : groups) {
    name.cells.push_back(group.name);
    count.cells.push_back(with_commas(group.count));
    dtype.cells.push_back(group.dtype);
    shape.cells.push_back(shape_text(group.shape));
    parameters.cells.push_back(with_commas(group.parameters));
    bytes.cells.push_back(approximate_bytes(group.bytes));
  }
  print({name, count, dtype, shape, parameters, bytes});
}

// Of the many settings of a config.json, those that say what a model is.
void print_config(const Json& config) {
  if (config.is_null()) return;
  std::vector<std::string> facts;
  for (const char* key :
       {"model_type", "dtype", "torch_dtype", "vocab_size", "hidden_size", "n_embd",
        "num_hidden_layers", "n_layer", "num_attention_heads", "n_head", "num_key_value_heads",
        "head_dim", "intermediate_size", "num_experts", "num_local_experts",
        "max_position_embeddings", "sliding_window", "rope_theta", "tie_word_embeddings"}) {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null() || found->is_structured()) continue;
    facts.push_back(cat(key, " ", found->is_string() ? found->get<std::string>() : found->dump()));
  }
  const auto quantized = config.find("quantization_config");
  if (quantized != config.end() && quantized->is_object()) {
    const auto method = quantized->find("quant_method");
    const bool is_named = method != quantized->end() && method->is_string();
    facts.push_back(cat("quantized with ", is_named ? method->get<std::string>() : "?"));
  }
  if (facts.empty()) return;
  for (const auto& line : wrap(visible("config.json: " + join(facts, ", "), ""), 100)) {
    std::cout << line << '\n';
  }
}

std::vector<TensorGroup> each_alone(const Checkpoint& checkpoint) {
  std::vector<TensorGroup> groups;
  for (const auto& tensor : checkpoint.tensors) {
    groups.push_back(
        {tensor.name, dtype_text(tensor), tensor.shape, 1, tensor.numel(), tensor.size});
  }
  return groups;
}

int run(const Arguments& arguments) {
  const auto checkpoint = open(arguments.operands[0]);
  if (arguments.has("--json")) {
    std::cout << json_of(checkpoint).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return 0;
  }
  const auto& reader = checkpoint.reader;
  const auto& sum = checkpoint.sum;
  std::cout << reader.path().string() << '\n'
            << plural(static_cast<std::int64_t>(reader.files().size()), "file") << ", "
            << plural(sum.tensors, "tensor") << ", " << plural(sum.parameters, "parameter") << ", "
            << approximate_bytes(sum.bytes) << '\n';
  if (checkpoint.by_dtype.size() > 1) {
    for (const auto& [dtype, part] : checkpoint.by_dtype) {
      std::cout << "  " << dtype << ": " << plural(part.tensors, "tensor") << ", "
                << plural(part.parameters, "parameter") << ", " << approximate_bytes(part.bytes)
                << '\n';
    }
  }
  print_config(checkpoint.config);
  std::cout << '\n';
  print_tensors(arguments.has("--all") ? each_alone(checkpoint)
                                       : group_tensors(checkpoint.reader.tensors()));
  return 0;
}

const Tool& inspect() {
  static const Tool tool{
      "inspect",
      "shows what a checkpoint holds: names, shapes, dtypes, parameters",
      "",
      {{.operands = {"MODEL"},
        .options = {{.name = "--all", .help = "every tensor, also where layers are alike"},
                    {.name = "--json", .help = "as JSON, for programs"}},
        .details = "MODEL is a safetensors file, an index, a folder with either, "
                   "hf://ORGANISATION/NAME in\n"
                   "the local Hugging Face cache, or the name of a model card (roux models). Only "
                   "headers\n"
                   "are read. What is damaged is said, with the file and the tensor.\n",
        .run = run}}};
  return tool;
}

}  // namespace
}  // namespace roux::tool

int main(int argc, char** argv) {
  return roux::tool::tool_main(roux::tool::inspect(), argc, argv);
}
