#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/choice.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/dataset.h"
#include "roux/config/sections/gang.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/config/sections/trainer.h"
#include "roux/data/pack.h"
#include "roux/generation/sampling.h"
#include "roux/modifier/modifier.h"
#include "roux/optim/lr_scheduler_config.h"
#include "roux/optim/optimizer_config.h"

namespace roux::lm {

// [dataset]: what is read, and how it becomes batches.
struct TrainDatasetConfig : DatasetConfig {
  std::optional<std::int64_t> max_seq_len;
  std::int64_t max_num_tokens = 16384;
  data::PackFit fit = data::PackFit::InOrder;
  std::int64_t prefetch = 16;

  static void describe(config::Fields<TrainDatasetConfig>& field);
  void validate(config::Problems& problems) const;
};

// [samples]: what the model is asked to go on with along the way, for people to look at.
struct SamplesConfig {
  std::vector<std::string> prompts;
  std::int64_t after_n_steps = 0;
  std::optional<std::int64_t> every_n_steps;

  static void describe(config::Fields<SamplesConfig>& field);
};

struct TrainConfig {
  ModelConfig model{.name = "llama3_2_1b"};
  TrainDatasetConfig dataset;
  TokenizerConfig tokenizer;
  GangConfig gang;
  TrainerConfig trainer{.max_grad_norm = 1.0};
  OptimizerSection optimizer{"adamw",
                             AdamWConfig{.lr = 3e-4, .betas = {0.9, 0.95}, .weight_decay = 0.1}};
  LrSchedulerSection lr_scheduler{"cosine_annealing", CosineAnnealingConfig{}};
  RegimeConfig regime;
  SamplesConfig samples;
  config::Choice<TextGenerator> seq_generator{"sampling", SamplingConfig{{.max_gen_len = 64}}};
  std::vector<config::Choice<Modifier>> modifiers;
  ModelCommonConfig common;

  TrainConfig();
  static void describe(config::Fields<TrainConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux::lm
