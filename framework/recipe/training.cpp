#include "roux/recipe/training.h"

#include <filesystem>
#include <string>
#include <utility>

#include "recipe/assembled_model.h"
#include "roux/base/error.h"
#include "roux/base/thread_pool.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/data/recycled_memory.h"
#include "roux/datasets/sample_folder.h"
#include "roux/di/container.h"
#include "roux/metrics/metric_descriptor.h"
#include "roux/metrics/recorders.h"
#include "roux/model/card_store.h"
#include "roux/model/card_tokenizer.h"
#include "roux/modifier/register.h"
#include "roux/optim/optimizers.h"
#include "roux/optim/register.h"
#include "roux/tokenizer/load.h"
#include "roux/trainer/standard_trainer.h"

namespace roux {
namespace {

// [[modifiers]], in their order.
struct Modifiers {
  std::vector<Modifier*> all;
};

// What [tokenizer] names; where it names nothing, the model's own.
std::unique_ptr<Tokenizer> find_tokenizer_of(const TokenizerConfig& config,
                                             const ModelConfig& model, const CardStore& cards) {
  if (config.path) return load_tokenizer(TokenizerFiles{*config.path, config.family.value_or("")});
  if (config.name == "sample") {
    const std::filesystem::path folder = datasets::default_sample_folder();
    datasets::make_sample_corpus(folder);
    return load_tokenizer(TokenizerFiles{folder});
  }
  if (config.name) return load_tokenizer(cards.tokenizer_of(*config.name));
  if (model.path) return load_tokenizer(TokenizerFiles{*model.path});
  if (model.name) return load_tokenizer(cards.tokenizer_of(*model.name));
  throw ConfigError("tokenizer.name needs to be specified, as the model brings no tokenizer");
}

void check_vocabulary(const Tokenizer& tokenizer, const LanguageModel& model) {
  if (tokenizer.size() <= model.vocab_size()) return;
  throw ConfigError(cat("the model's vocabulary must have room for the tokenizer's ",
                        tokenizer.size(), " tokens, but has ", model.vocab_size(),
                        " (model.config_overrides.vocab_size)"));
}

CheckpointRetention retention_of(const RegimeConfig& regime) {
  const auto* only = std::get_if<SaveModelOnly>(&regime.save_model_only);
  return {.keep_last_n = regime.keep_last_n_checkpoints,
          .keep_best_n = regime.keep_best_n_checkpoints,
          .keep_every_n_steps = regime.keep_checkpoint_every_n_steps,
          .model_only_but_last = only != nullptr && *only == SaveModelOnly::AllButLast};
}

std::unique_ptr<RecorderGroup> make_recorders(const OutputFolder& output,
                                              const ModelCommonConfig& common,
                                              const RegimeConfig& regime,
                                              const MetricDescriptors& descriptors,
                                              di::All<MetricRecorder> more) {
  auto recorders = std::make_unique<RecorderGroup>();
  recorders->add(make_log_recorder(descriptors, {.num_steps = regime.num_steps}));
  recorders->add(make_jsonl_recorder(output.path / "metrics"));
  recorders->add(make_csv_recorder(output.path / "metrics"));
  if (common.metric_recorders.tensorboard.enabled) {
    recorders->add(make_tensorboard_recorder(output.path / "tb"));
  }
  for (MetricRecorder& recorder : more) recorders->add(recorder);
  return recorders;
}

// What the config can say and this version can't do.
void check_supported(const TrainerConfig& trainer) {
  if (trainer.mixed_precision.mode == MixedPrecisionMode::Auto) {
    throw ConfigError(
        "trainer.mixed_precision.mode can't be \"auto\" yet: \"static\" computes in fewer bits");
  }
  if (trainer.mixed_precision.mode == MixedPrecisionMode::Static &&
      trainer.mixed_precision.dtype == DType::Float16) {
    throw ConfigError(
        "trainer.mixed_precision.dtype can't be \"float16\" yet, which needs its loss scaled: "
        "\"bfloat16\" does without");
  }
  if (trainer.data_parallelism != DataParallelism::Ddp) {
    throw ConfigError("trainer.data_parallelism can't be \"fsdp\" yet: there is one process");
  }
}

}  // namespace

void register_training(di::Container& container) {
  register_optimizers(container);
  register_modifiers(container);

  container.provide<Modifiers>([](di::All<Modifier> modifiers) {
    auto all = std::make_unique<Modifiers>();
    for (Modifier& modifier : modifiers) all->all.push_back(&modifier);
    return all;
  });

  container.provide<AssembledModel>([](const ModelHub& hub, const ModelConfig& config,
                                       const TrainerConfig& trainer, const Modifiers& modifiers,
                                       const RandomStream& random) {
    return std::make_unique<AssembledModel>(
        assemble_model(hub, config, trainer, modifiers.all, random));
  });
  container.provide<LanguageModel>(
      [](AssembledModel& assembled, const Tokenizer& tokenizer) -> LanguageModel& {
        check_vocabulary(tokenizer, *assembled.model);
        return *assembled.model;
      });
  container.provide<nn::FlatParameters>(
      [](AssembledModel& assembled) -> nn::FlatParameters& { return *assembled.parameters; });
  container.provide<Tokenizer>(
      [](const TokenizerConfig& config, const ModelConfig& model, const CardStore& cards) {
        return find_tokenizer_of(config, model, cards);
      });
  container.provide<OptimizerParts>(
      [](nn::FlatParameters& parameters, const TrainerConfig& trainer, const RandomStream& random) {
        return std::make_unique<OptimizerParts>(
            OptimizerParts{parameters, random.child("optimizer"), trainer.stochastic_rounding});
      });
  container.provide<CheckpointStore>([](const OutputFolder& output, const RegimeConfig& regime) {
    return std::make_unique<CheckpointStore>(output.path / "checkpoints", retention_of(regime));
  });
  container.provide<MetricDescriptors>([](di::All<MetricDescriptor> more) {
    std::vector<MetricDescriptor> all;
    for (const MetricDescriptor& each : more) all.push_back(each);
    return std::make_unique<MetricDescriptors>(all);
  });
  container.provide<RecorderGroup>(make_recorders);
  container.provide<ThreadPool>([] { return std::make_unique<ThreadPool>(); });
  container.provide<data::RecycledMemory>([] { return std::make_unique<data::RecycledMemory>(); });
}

std::unique_ptr<Trainer> make_trainer(RecipeContext& context, std::unique_ptr<TrainSource> source,
                                      std::vector<std::unique_ptr<Validation>> validations) {
  check_supported(context.config<TrainerConfig>());
  const auto& regime = context.config<RegimeConfig>();
  const auto& descriptors = context.get<MetricDescriptors>();
  TrainerParts parts{
      .regime = regime,
      .config = context.config<TrainerConfig>(),
      .parameters = context.get<nn::FlatParameters>(),
      .optimizer = context.get<Optimizer>(),
      .lr_scheduler = context.get<LrScheduler>(),
      .checkpoints = context.get<CheckpointStore>(),
      .stop = context.get<StopRequest>(),
      .recorder = context.get<RecorderGroup>(),
      .modifiers = context.get<Modifiers>().all,
      .config_text = context.config<EffectiveConfig>().toml,
      .score_is_better_higher =
          regime.score_metric && descriptors.of(*regime.score_metric).higher_is_better,
  };
  return make_standard_trainer(std::move(parts), std::move(source), std::move(validations));
}

}  // namespace roux
