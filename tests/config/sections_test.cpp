#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/config/sections/common.h"
#include "roux/config/sections/dataset.h"
#include "roux/config/sections/gang.h"
#include "roux/config/sections/inference.h"
#include "roux/config/sections/model.h"
#include "roux/config/sections/regime.h"
#include "roux/config/sections/tokenizer.h"
#include "roux/config/sections/trainer.h"
#include "support/config_text.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Names, order and defaults are fairseq2's (recipe/config.py, 0.9.0.dev0); docs/decisions/0003 says
// where and why they differ.

TEST(Sections, HaveTheRegimeThatFairseq2Has) {
  EXPECT_THAT(
      default_lines<RegimeConfig>(),
      ElementsAre("num_steps = \"none\"", "num_data_epochs = \"none\"", "max_wall_time = \"none\"",
                  "validate_at_start = false", "validate_after_n_steps = 0",
                  "validate_every_n_steps = \"none\"", "validate_after_n_data_epochs = 0",
                  "validate_every_n_data_epochs = \"none\"", "score_metric = \"none\"",
                  "early_stopping_patience = \"none\"", "checkpoint_after_n_steps = 0",
                  "checkpoint_every_n_steps = \"none\"", "checkpoint_after_n_data_epochs = 0",
                  "checkpoint_every_n_data_epochs = \"none\"", "save_model_only = false",
                  "export_hugging_face = false", "keep_last_n_checkpoints = \"none\"",
                  "keep_best_n_checkpoints = \"none\"", "keep_checkpoint_every_n_steps = \"none\"",
                  "publish_metrics_after_n_steps = 0", "publish_metrics_every_n_steps = \"none\"",
                  "publish_norms_every_n_steps = \"none\"",
                  "publish_metrics_after_n_data_epochs = 0",
                  "publish_metrics_every_n_data_epochs = \"none\""));
}

TEST(Sections, HaveTheTrainerThatFairseq2Has) {
  EXPECT_THAT(
      default_lines<TrainerConfig>(),
      ElementsAre("data_parallelism = \"ddp\"", "max_grad_norm = \"none\"",
                  "max_skipped_steps = 10", "loss_spike_factor = 2.0", "stochastic_rounding = true",
                  "fp16_loss_scale = [128.0, 0.0001]", "grad_check = false",
                  "peak_flops = \"none\"", "anomaly_detection = false", "deterministic = false",
                  "[fsdp]", "granularity = \"layer\"", "hybrid = false",
                  "reshard_after_forward = true", "fp32_reduce = true", "[mixed_precision]",
                  "mode = \"static\"", "dtype = \"bfloat16\"", "[grad_accumulation]",
                  "num_batches = 1", "no_sync = true", "[activation_checkpointing]",
                  "mode = \"off\"", "every_nth_layer = 1", "offload = \"off\""));
}

TEST(Sections, HaveTheModelDatasetTokenizerAndGangThatFairseq2Has) {
  EXPECT_THAT(default_lines<ModelConfig>(),
              ElementsAre("name = \"none\"", "path = \"none\"", "family = \"none\"",
                          "arch = \"none\"", "dtype = \"float32\"", "[config_overrides]"));
  EXPECT_THAT(default_lines<ReferenceModelConfig>(), default_lines<ModelConfig>());
  EXPECT_THAT(default_lines<DatasetConfig>(),
              ElementsAre("name = \"none\"", "path = \"none\"", "family = \"none\"",
                          "num_shards = 64", "[config_overrides]"));
  EXPECT_THAT(
      default_lines<TokenizerConfig>(),
      ElementsAre("name = \"none\"", "path = \"none\"", "family = \"none\"", "[config_overrides]"));
  EXPECT_THAT(
      default_lines<GangConfig>(),
      ElementsAre("tensor_parallel_size = 1", "timeout = \"15min\"", "high_priority = true"));
}

TEST(Sections, HaveTheEvaluatorAndGeneratorThatFairseq2Has) {
  EXPECT_THAT(default_lines<EvaluatorConfig>(),
              ElementsAre("amp = false", "amp_dtype = \"float32\""));
  EXPECT_THAT(default_lines<GeneratorConfig>(), default_lines<EvaluatorConfig>());
}

TEST(Sections, HaveTheCommonOneThatFairseq2Has) {
  EXPECT_THAT(default_lines<ModelCommonConfig>(),
              ElementsAre("seed = 2", "debug = false", "extensions = []", "cluster = \"auto\"",
                          "[torch]", "num_threads = \"none\"", "allow_tf32 = true",
                          "fp16_reduced_precision = true", "bf16_reduced_precision = true",
                          "[metric_recorders]", "[metric_recorders.tensorboard]", "enabled = true",
                          "[profilers]", "[profilers.torch]", "enabled = false", "skip_n_steps = 4",
                          "wait_n_steps = 0", "num_warmup_steps = 1", "num_active_steps = 4",
                          "repeat = 1", "[assets]", "extra_paths = []"));
}

TEST(Sections, CountATimeoutWithoutUnitInMinutesAsFairseq2Does) {
  const auto type = config::config_type<GangConfig>();

  const auto loaded = config::load_config(type, {{.override = "timeout=20"}}, config::NoCatalog());

  EXPECT_THAT(loaded.problems.all(), IsEmpty());
  EXPECT_EQ(static_cast<const GangConfig*>(loaded.object.get())->timeout, std::chrono::minutes(20));
}

TEST(Sections, TakeEitherSpellingOfSavingTheModelAlone) {
  const auto read = [](const std::string& value) {
    const auto loaded =
        config::load_config(config::config_type<RegimeConfig>(),
                            {{.override = "save_model_only=" + value}}, config::NoCatalog());
    loaded.problems.throw_if_any();
    return static_cast<const RegimeConfig*>(loaded.object.get())->save_model_only;
  };

  EXPECT_EQ(std::get<bool>(read("true")), true);
  EXPECT_EQ(std::get<SaveModelOnly>(read("all_but_last")), SaveModelOnly::AllButLast);
}

TEST(ModelSection, NeedsToKnowWhichModel) {
  EXPECT_THAT(problems_of(ModelConfig()), ElementsAre("name needs to be specified"));
  EXPECT_THAT(problems_of(ModelConfig{.name = "llama3_8b"}), IsEmpty());
  EXPECT_THAT(problems_of(ModelConfig{.path = "weights"}), IsEmpty());
  EXPECT_THAT(problems_of(ModelConfig{.family = "llama"}), IsEmpty());
}

TEST(ModelSection, WantsAFamilyWithAnArchitecture) {
  EXPECT_THAT(problems_of(ModelConfig{.path = "weights", .arch = "llama3_8b"}),
              ElementsAre("arch: must come with a family"));
}

TEST(ModelSection, RefusesADtypeThatNoParameterHas) {
  EXPECT_THAT(problems_of(ModelConfig{.family = "llama", .dtype = DType::Int8}),
              ElementsAre(HasSubstr("dtype: must be one of float64, float32, bfloat16, float16")));
}

TEST(ReferenceModelSection, IsNeverANewModel) {
  ReferenceModelConfig fresh;
  fresh.family = "llama";

  EXPECT_THAT(problems_of(fresh), ElementsAre("name needs to be specified"));
}

TEST(DatasetSection, NeedsToKnowWhichData) {
  EXPECT_THAT(problems_of(DatasetConfig()), ElementsAre("name needs to be specified"));
  EXPECT_THAT(problems_of(DatasetConfig{.path = "corpus", .num_shards = 0}),
              ElementsAre("num_shards: must be at least 1, but is 0"));
}

TEST(TokenizerSection, IsTheModelsOwnWhereItNamesNone) {
  EXPECT_THAT(problems_of(TokenizerConfig()), IsEmpty());
}

TEST(TrainerSection, WantsTheLeastLossScaleBelowTheFirst) {
  EXPECT_THAT(problems_of(TrainerConfig{.fp16_loss_scale = {1.0, 2.0}}),
              ElementsAre(HasSubstr("the least, 2, is larger than 1")));
}

TEST(RegimeSection, WantsIntervalsThatFallOntoEachOther) {
  const RegimeConfig regime{.validate_every_n_steps = 15,
                            .validate_every_n_data_epochs = 3,
                            .checkpoint_every_n_steps = 25,
                            .checkpoint_every_n_data_epochs = 5,
                            .keep_checkpoint_every_n_steps = 30,
                            .publish_metrics_every_n_steps = 10,
                            .publish_metrics_every_n_data_epochs = 2};

  EXPECT_THAT(
      problems_of(regime),
      ElementsAre(
          "validate_every_n_steps: must be a multiple of publish_metrics_every_n_steps (10), but "
          "is 15",
          "validate_every_n_data_epochs: must be a multiple of publish_metrics_every_n_data_epochs "
          "(2), but is 3",
          "checkpoint_every_n_steps: must be a multiple of publish_metrics_every_n_steps (10), but "
          "is 25",
          "checkpoint_every_n_data_epochs: must be a multiple of "
          "publish_metrics_every_n_data_epochs (2), but is 5",
          "keep_checkpoint_every_n_steps: must be a multiple of checkpoint_every_n_steps (25), but "
          "is 30"));
}

TEST(RegimeSection, KeepsTheBestOnlyOfWhatIsComparedAndMeasured) {
  const RegimeConfig regime{
      .validate_every_n_steps = 100, .checkpoint_every_n_steps = 150, .keep_best_n_checkpoints = 2};

  EXPECT_THAT(
      problems_of(regime),
      ElementsAre("keep_best_n_checkpoints: must come with a score_metric to compare by",
                  "checkpoint_every_n_steps: must be a multiple of validate_every_n_steps (100), "
                  "but is 150"));
}

TEST(RegimeSection, RefusesIntervalsOfNothing) {
  EXPECT_THAT(problems_of(RegimeConfig{.num_steps = 0, .publish_metrics_every_n_steps = 0}),
              ElementsAre("num_steps: must be at least 1, but is 0",
                          "publish_metrics_every_n_steps: must be at least 1, but is 0"));
}

}  // namespace
}  // namespace roux
