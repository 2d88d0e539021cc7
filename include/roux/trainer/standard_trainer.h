#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/checkpoint/checkpoint_store.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/trainer.h"
#include "roux/gang/gangs.h"
#include "roux/metrics/metric_recorder.h"
#include "roux/modifier/modifier.h"
#include "roux/nn/flat_parameters.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/optimizer.h"
#include "roux/trainer/stop.h"
#include "roux/trainer/train_source.h"
#include "roux/trainer/trainer.h"

namespace roux {

// Texts that the model writes along the way, for people to look at.
struct SampleSchedule {
  std::int64_t after_n_steps = 0;

  // Unset: with each validation.
  std::optional<std::int64_t> every_n_steps;

  // Called without gradients, while the model stands for what was learned.
  std::function<std::string()> write;
};

// What a trainer works with; all of it outlives the trainer.
struct TrainerParts {
  const RegimeConfig& regime;
  const TrainerConfig& config;
  nn::FlatParameters& parameters;
  Optimizer& optimizer;
  const LrScheduler& lr_scheduler;
  CheckpointStore& checkpoints;
  const StopRequest& stop;
  Meeting& meeting;
  const Gangs& gangs;
  MetricRecorder& recorder;
  std::vector<Modifier*> modifiers;

  // The effective config, as TOML: a run goes on only under settings that make it the same run.
  std::string config_text;

  // What each checkpoint says of the model besides, in its part "model".
  std::map<std::string, std::string> model_texts;

  // Whether more of `regime.score_metric` is better.
  bool score_is_better_higher = false;

  std::optional<SampleSchedule> samples;

  // Writes the model of a step down as others read it, with each checkpoint; empty: not asked for.
  std::function<void(std::int64_t step)> export_model;

  // What records where the time goes, and where its files go.
  TorchProfilerConfig profiler;
  std::filesystem::path profile_folder;
};

// Trains to the end of a regime, validates, reports and saves along the way; stopped at any moment
// and begun again, goes on as if nothing had been.
//
// Of several ranks, each trains on its own batches, and all take the same steps: gradients, losses
// and metrics are those of all. The first one reports, and writes what people read.
std::unique_ptr<Trainer> make_standard_trainer(
    TrainerParts parts, std::unique_ptr<TrainSource> source,
    std::vector<std::unique_ptr<Validation>> validations);

}  // namespace roux
