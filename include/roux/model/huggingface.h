#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "roux/base/dtype.h"
#include "roux/model/language_model.h"
#include "roux/model/model_family.h"
#include "roux/model/safetensors.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// The dtypes that a checkpoint's tensors had, by their names there, for writing them back the same.
// A checkpoint of a model without its projection to logits leaves out the names' first word: so do
// the names here, and so does what is written with them. Those of the text part of a larger model
// are named as in a checkpoint of that part alone, which is what is written.
using StoredDTypes = std::map<std::string, DType>;

// Builds the model that a folder's config.json describes, on the meta device. Throws DataError if
// there is none, or no family knows its model_type.
std::shared_ptr<LanguageModel> create_from_folder(const std::filesystem::path& folder,
                                                  const ModelFamilies& families,
                                                  const ModelOverrides& overrides = {});

// Fills a model's parameters, which have their memory, from a checkpoint: each is converted to its
// parameter's dtype. Throws DataError with everything that is missing, superfluous or misshapen, by
// name, before anything is read. The parts of a larger model that this is not (what sees, in Gemma
// 3) are left out, and the log says how many tensors that were.
StoredDTypes load_weights(LanguageModel& model, const SafetensorsReader& weights);

struct LoadedModel {
  std::shared_ptr<LanguageModel> model;
  StoredDTypes stored_dtypes;
};

// Gives a model that is still on the meta device its memory on the CPU, and the values of the
// checkpoint at `path`. `dtype`: as below.
LoadedModel load_values(std::shared_ptr<LanguageModel> model, const std::filesystem::path& path,
                        std::optional<DType> dtype = std::nullopt);

// Builds and loads a Hugging Face folder: config.json and safetensors files.
// `dtype`: of the parameters; unset: the narrowest that holds all of the checkpoint's as they are.
LoadedModel load_huggingface(const std::filesystem::path& folder,
                             const ModelFamilies& families = ModelFamilies::standard(),
                             std::optional<DType> dtype = std::nullopt);

struct ExportOptions {
  // The dtype of each tensor by its name in the checkpoint (what load_weights() returned); others
  // are written in `dtype`, or in that of the parameter.
  StoredDTypes stored_dtypes;
  std::optional<DType> dtype;

  // Where tokenizer files, the generation config and the like are copied from: the folder that the
  // model was loaded from.
  std::optional<std::filesystem::path> companions;

  // What begins, ends and fills texts, for config.json, where the companions' has no word of it.
  SpecialTokens special_tokens;

  std::uint64_t max_file_bytes = 5'000'000'000;
};

// Writes a folder that transformers loads: config.json, safetensors files, companions. It appears
// whole or not at all. Throws ConfigError if the folder exists, Error if the model has no Hugging
// Face form.
void export_huggingface(const LanguageModel& model, const std::filesystem::path& folder,
                        const ExportOptions& options = {});

}  // namespace roux
