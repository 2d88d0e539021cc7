#include "roux/recipe/training.h"

#include <filesystem>
#include <string>
#include <utility>

#include <ATen/Context.h>

#include "recipe/assembled_model.h"
#include "recipe/exported_steps.h"
#include "roux/base/error.h"
#include "roux/base/thread_pool.h"
#include "roux/checkpoint/checkpoint_store.h"
#include "roux/config/sections/common.h"
#include "roux/config/sections/gang.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/data/recycled_memory.h"
#include "roux/di/container.h"
#include "roux/gang/gangs.h"
#include "roux/metrics/metric_descriptor.h"
#include "roux/metrics/recorders.h"
#include "roux/model/card_store.h"
#include "roux/model/card_tokenizer.h"
#include "roux/modifier/register.h"
#include "roux/optim/optimizers.h"
#include "roux/optim/register.h"
#include "roux/recipe/found_model.h"
#include "roux/trainer/standard_trainer.h"

namespace roux {
namespace {

// [[modifiers]], in their order.
struct Modifiers {
  std::vector<Modifier*> all;
};

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

// The first rank's alone: it reports for all.
std::unique_ptr<RecorderGroup> make_recorders(const World& world, const OutputFolder& output,
                                              const ModelCommonConfig& common,
                                              const RegimeConfig& regime,
                                              const MetricDescriptors& descriptors,
                                              di::All<MetricRecorder> more) {
  auto recorders = std::make_unique<RecorderGroup>();
  if (world.rank != 0) return recorders;
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
void check_supported(const RecipeContext& context, const TrainerConfig& trainer) {
  if (trainer.data_parallelism != DataParallelism::Ddp) {
    throw ConfigError("trainer.data_parallelism can't be \"fsdp\" yet");
  }
  if (const auto* gang = context.resolver().find<const GangConfig>();
      gang != nullptr && gang->tensor_parallel_size > 1) {
    throw ConfigError(
        cat("gang.tensor_parallel_size must be 1 yet, but is ", gang->tensor_parallel_size));
  }
}

// Whether the tokenizer is found by a path, and not by a name that finds it anywhere.
bool brings_its_tokenizer(const RecipeContext& context) {
  const auto& tokenizer = context.config<TokenizerConfig>();
  return !tokenizer.name && (tokenizer.path || context.config<ModelConfig>().path);
}

}  // namespace

void register_training(di::Container& container) {
  register_optimizers(container);
  register_modifiers(container);

  container.provide<Meeting>([](const World& world, const GangConfig* gang) {
    return std::make_unique<Meeting>(world, (gang != nullptr ? *gang : GangConfig()).timeout);
  });
  container.provide<const Gangs>([](Meeting& meeting) {
    return std::make_unique<const Gangs>(make_gangs(meeting, {.replicate = meeting.world().size}));
  });
  container.provide<Modifiers>([](di::All<Modifier> modifiers) {
    auto all = std::make_unique<Modifiers>();
    for (Modifier& modifier : modifiers) all->all.push_back(&modifier);
    return all;
  });

  container.provide<FoundModel>(
      [](const ModelHub& hub, const ModelConfig& config, const OutputFolder& output) {
        auto begun = find_begun_model(config, output.path, hub);
        return std::make_unique<FoundModel>(begun ? std::move(*begun) : find_model(config, hub));
      });
  container.provide<AssembledModel>([](const FoundModel& found, const TrainerConfig& trainer,
                                       const Modifiers& modifiers, const RandomStream& random,
                                       const DryRun& dry_run) {
    const at::Device device = dry_run.on ? at::kMeta : at::kCPU;
    return std::make_unique<AssembledModel>(
        assemble_model(found, trainer, modifiers.all, random, device));
  });
  container.provide<LanguageModel>(
      [](AssembledModel& assembled, const Tokenizer& tokenizer) -> LanguageModel& {
        check_vocabulary(tokenizer, *assembled.model);
        return *assembled.model;
      });
  container.provide<nn::FlatParameters>(
      [](AssembledModel& assembled) -> nn::FlatParameters& { return *assembled.parameters; });
  container.provide<TokenizerFiles>(
      [](const TokenizerConfig& config, const FoundModel& found, const CardStore& cards) {
        return std::make_unique<TokenizerFiles>(find_tokenizer(config, found, cards));
      });
  container.provide<Tokenizer>([](const TokenizerFiles& files) { return load_tokenizer(files); });
  container.provide<OptimizerParts>(
      [](nn::FlatParameters& parameters, const TrainerConfig& trainer, const RandomStream& random) {
        return std::make_unique<OptimizerParts>(
            OptimizerParts{parameters, random.child("optimizer"), trainer.stochastic_rounding});
      });
  container.provide<CheckpointStore>(
      [](const OutputFolder& output, const RegimeConfig& regime, Meeting& meeting) {
        // Saving goes on in a thread of its own.
        return std::make_unique<CheckpointStore>(output.path / "checkpoints", retention_of(regime),
                                                 meeting.make_gang_of_all("checkpoint"));
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
                                      std::vector<std::unique_ptr<Validation>> validations,
                                      std::optional<SampleSchedule> samples) {
  const auto& config = context.config<TrainerConfig>();
  check_supported(context, config);
  at::globalContext().setDeterministicAlgorithms(config.deterministic, /*warn_only=*/false);
  const auto& regime = context.config<RegimeConfig>();
  const auto& descriptors = context.get<MetricDescriptors>();
  const auto& model = context.get<LanguageModel>();
  TrainerParts parts{
      .regime = regime,
      .config = config,
      .parameters = context.get<nn::FlatParameters>(),
      .optimizer = context.get<Optimizer>(),
      .lr_scheduler = context.get<LrScheduler>(),
      .checkpoints = context.get<CheckpointStore>(),
      .stop = context.get<StopRequest>(),
      .meeting = context.get<Meeting>(),
      .gangs = context.get<const Gangs>(),
      .recorder = context.get<RecorderGroup>(),
      .modifiers = context.get<Modifiers>().all,
      .config_text = context.config<EffectiveConfig>().toml,
      .model_texts = describe_model(model),
      .score_is_better_higher =
          regime.score_metric && descriptors.of(*regime.score_metric).higher_is_better,
      .samples = std::move(samples),
      .profiler = context.config<ModelCommonConfig>().profilers.torch,
      .profile_folder = context.output_dir() / "profile",
  };
  const bool is_first = context.get<const World>().rank == 0;
  if (brings_its_tokenizer(context) && !context.config<DryRun>().on && is_first) {
    keep_tokenizer(context.get<TokenizerFiles>(), context.output_dir());
  }
  if (regime.export_hugging_face) {
    parts.export_model = [steps = ExportedSteps(context.output_dir()), &model,
                          &tokenizer = context.get<Tokenizer>(),
                          &files = context.get<TokenizerFiles>()](std::int64_t step) {
      steps.write(step, model, tokenizer, files);
    };
  }
  return make_standard_trainer(std::move(parts), std::move(source), std::move(validations));
}

}  // namespace roux
