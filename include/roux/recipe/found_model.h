#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "roux/checkpoint/checkpoint.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/model/model_hub.h"
#include "roux/nn/flat_parameters.h"
#include "roux/tokenizer/tokenizer.h"

namespace roux {

// What a [model] section names, found: on the meta device, with no values yet.
struct FoundModel {
  std::shared_ptr<LanguageModel> model;

  // Where its values are, unless it is a new one: a Hugging Face folder, or a training run.
  std::optional<std::filesystem::path> weights;
  std::optional<Checkpoint> run;

  // Whether it is the model of the run that is to go on, whose checkpoint will be restored.
  bool is_begun = false;

  // Whether an older checkpoint of the run does where the newest is damaged.
  bool any_step = false;

  // The section that says what it is: the run's, where it comes from one.
  ModelConfig origin;
  std::optional<TokenizerConfig> run_tokenizer;

  // What keep_tokenizer() made for the run.
  std::optional<std::filesystem::path> kept_tokenizer;
};

// The training run's checkpoint that lies at `path`: `path` is the run's output folder, the folder
// of its checkpoints, or one of them; of several the newest that is whole, with a warning of newer
// ones that are not. nullopt if there is none; throws DataError if all there are are broken.
std::optional<Checkpoint> find_run_checkpoint(const std::filesystem::path& path);

// As ModelHub::plan() does, and besides finds a training run where model.path is one. The section's
// dtype counts over the run's, and its config_overrides come after them. Throws ConfigError or
// DataError for what is not there, does not fit or is damaged.
FoundModel find_model(const ModelConfig& config, const ModelHub& hub);

// What a checkpoint says of its model, beside its values, for these to find it again.
std::map<std::string, std::string> describe_model(const LanguageModel& model);

// The model of the run in `output_dir`, as its checkpoints have it, whatever has become of what it
// was made from; nullopt if it has not begun.
std::optional<FoundModel> find_begun_model(const ModelConfig& config,
                                           const std::filesystem::path& output_dir,
                                           const ModelHub& hub);

// Copies a tokenizer's files to tokenizer/ in a run's output folder, if there is none: whoever uses
// the run's model needs them.
void keep_tokenizer(const TokenizerFiles& files, const std::filesystem::path& output_dir);

// Reads the values into parameters that have their memory: of a run those that it was validated
// with, its averages where it keeps some; `run` becomes the checkpoint that they were read from.
// Says whether there were any: a new model has none.
bool read_values(FoundModel& found, nn::FlatParameters& parameters);

// The files of the tokenizer that the section names; where it names none, of the model's own.
TokenizerFiles find_tokenizer(const TokenizerConfig& config, const FoundModel& found,
                              const CardStore& cards);

// Writes a Hugging Face folder with the model and its tokenizer, as export_huggingface() does.
void export_with_tokenizer(const LanguageModel& model, const std::filesystem::path& folder,
                           const Tokenizer& tokenizer, const TokenizerFiles& files,
                           std::optional<DType> dtype = std::nullopt);

}  // namespace roux
