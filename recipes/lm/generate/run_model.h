#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "roux/checkpoint/checkpoint.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/model/model_hub.h"

namespace roux::lm {

// The sections of a run that say what its weights are of.
struct RunSections {
  ModelConfig model;
  TokenizerConfig tokenizer;

  static void describe(config::Fields<RunSections>& field);
};

// What lies at `path` as a training run's checkpoint: `path` is its output folder, the folder of
// its checkpoints, or one of them; of several the newest that is whole, with a warning of newer
// ones that are not. nullopt if there is none; throws DataError if all there are are broken.
std::optional<Checkpoint> find_run_checkpoint(const std::filesystem::path& path);

// Throws DataError where the checkpoint does not hold its run's config, or one that can't be read.
RunSections read_run_sections(const Checkpoint& checkpoint);

// The model of a run, with its weights. `own`: the section [model] that named the run, whose
// dtype and config_overrides count over the run's.
std::shared_ptr<LanguageModel> load_run_model(const Checkpoint& checkpoint, ModelConfig run,
                                              const ModelConfig& own, const ModelHub& hub);

}  // namespace roux::lm
