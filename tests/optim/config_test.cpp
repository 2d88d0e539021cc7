#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/config/sections/regime.h"
#include "roux/optim/lr_scheduler_config.h"
#include "roux/optim/optimizer_config.h"
#include "support/config_text.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Names, order and defaults are fairseq2's (recipe/config.py, 0.9.0.dev0).

TEST(OptimizerConfigs, HaveTheSettingsThatFairseq2Has) {
  EXPECT_THAT(default_lines<AdamWConfig>(),
              ElementsAre("lr = 0.001", "betas = [0.9, 0.999]", "eps = 1e-08", "weight_decay = 0.0",
                          "amsgrad = false", "maximize = false", "groups = []"));
  EXPECT_THAT(default_lines<AdafactorConfig>(),
              ElementsAre("lr = 0.01", "beta2_decay = -0.8", "d = 1.0", "weight_decay = 0.0",
                          "maximize = false", "groups = []", "[eps]", "square = \"none\"",
                          "scale = 0.001"));
}

TEST(OptimizerConfigs, HaveTheSettingsThatPyTorchHas) {
  EXPECT_THAT(default_lines<SgdConfig>(),
              ElementsAre("lr = 0.001", "momentum = 0.0", "dampening = 0.0", "weight_decay = 0.0",
                          "nesterov = false", "maximize = false", "groups = []"));
  EXPECT_THAT(default_lines<LionConfig>(),
              ElementsAre("lr = 0.0001", "betas = [0.9, 0.99]", "weight_decay = 0.0",
                          "maximize = false", "groups = []"));
  EXPECT_THAT(default_lines<MuonConfig>(),
              ElementsAre("lr = 0.001", "weight_decay = 0.1", "momentum = 0.95", "nesterov = true",
                          "ns_coefficients = [3.4445, -4.775, 2.0315]", "eps = 1e-07",
                          "ns_steps = 5", "ns_dtype = \"bfloat16\"", "adjust_lr_fn = \"original\"",
                          "groups = []", "[adamw]", "lr = 0.0003", "betas = [0.9, 0.95]",
                          "eps = 1e-08", "weight_decay = 0.1"));
  EXPECT_THAT(default_lines<AdamW8bitConfig>(),
              ElementsAre("lr = 0.001", "betas = [0.9, 0.999]", "eps = 1e-08", "weight_decay = 0.0",
                          "maximize = false", "min_8bit_size = 4096", "groups = []"));
}

TEST(OptimizerConfigs, WantMomentumAndNoDampeningForNesterovs) {
  EXPECT_THAT(problems_of(SgdConfig{.nesterov = true}),
              ElementsAre("momentum: must be more than 0 with nesterov"));
  EXPECT_THAT(
      problems_of(SgdConfig{
          .momentum = 0.9, .nesterov = true, .groups = {{.params = {"a"}, .dampening = 0.5}}}),
      ElementsAre("groups[0].dampening: must be 0 with nesterov, but is 0.5"));
  EXPECT_THAT(problems_of(SgdConfig{.momentum = 0.9, .nesterov = true}), IsEmpty());
}

TEST(OptimizerConfigs, WantTheParametersOfAGroupNamed) {
  const AdamWConfig adamw{.groups = {{.lr = 0.1}, {.params = {".*bias"}, .betas = {{0.5, 1.0}}}}};

  EXPECT_THAT(problems_of(adamw),
              ElementsAre("groups[0].params needs to be specified",
                          "groups[1].betas[1]: must be at least 0 and less than 1, but is 1.0"));
}

TEST(LrSchedulerConfigs, HaveTheSettingsThatFairseq2Has) {
  EXPECT_THAT(default_lines<PassthroughConfig>(), IsEmpty());
  EXPECT_THAT(
      default_lines<CosineAnnealingConfig>(),
      ElementsAre("cycle_len = \"none\"", "num_warmup_steps = 0", "cycle_mul = 1.0", "lr_mul = 1.0",
                  "start_lr = 0.0", "final_lr = \"none\"", "final_lr_scale = 0.2"));
  EXPECT_THAT(default_lines<MyleConfig>(), ElementsAre("num_warmup_steps = 1", "start_lr = 0.0"));
  EXPECT_THAT(default_lines<NoamConfig>(), ElementsAre("num_warmup_steps = 0"));
  EXPECT_THAT(
      default_lines<PolynomialDecayConfig>(),
      ElementsAre("num_warmup_steps = 0", "power = 1.0", "start_lr = 0.0", "final_lr = 0.0"));
  EXPECT_THAT(default_lines<TriStageConfig>(),
              ElementsAre("stage_ratio = [0.0, 0.0, 1.0]", "start_lr_scale = 0.01",
                          "final_lr_scale = 0.01"));
}

TEST(LrSchedulerConfigs, WantOneOfTwoWaysToSayWhereTheCosineEnds) {
  EXPECT_THAT(problems_of(CosineAnnealingConfig{.final_lr = 0.1}),
              ElementsAre(HasSubstr("final_lr: must not stand beside final_lr_scale")));
  EXPECT_THAT(problems_of(CosineAnnealingConfig{.final_lr_scale = std::nullopt}),
              ElementsAre("final_lr needs to be specified"));
  EXPECT_THAT(problems_of(CosineAnnealingConfig{.final_lr = 0.1, .final_lr_scale = std::nullopt}),
              IsEmpty());
}

TEST(LrSchedulerConfigs, WantOneOfTwoWaysToSayHowLongTheFallIs) {
  EXPECT_THAT(problems_of(WsdConfig()), IsEmpty());
  EXPECT_THAT(problems_of(WsdConfig{.num_decay_steps = 5}),
              ElementsAre(HasSubstr("num_decay_steps: must not stand beside decay_share")));
  EXPECT_THAT(problems_of(WsdConfig{.decay_share = std::nullopt}),
              ElementsAre("num_decay_steps needs to be specified"));
}

TEST(LrSchedulerConfigs, WantStagesThatMakeUpTheWholeRun) {
  EXPECT_THAT(problems_of(TriStageConfig{.stage_ratio = {0.1, 0.4, 0.5}}), IsEmpty());
  EXPECT_THAT(problems_of(TriStageConfig{.stage_ratio = {0.1, 0.4, 0.4}}),
              ElementsAre("stage_ratio: must sum up to 1, but sums up to 0.9"));
}

TEST(LrSchedulerConfigs, TakeARateForEachParameterGroup) {
  const CosineAnnealingConfig cosine{.start_lr = std::vector{0.1, -0.2}};

  EXPECT_THAT(problems_of(cosine), ElementsAre("start_lr[1]: must be at least 0, but is -0.2"));
}

// A config as a recipe has it, of the two sections alone.
std::vector<std::string> clashes(const LrSchedulerSection& section, const RegimeConfig& regime) {
  config::Problems problems;
  check_lr_scheduler(section, regime, problems);
  std::vector<std::string> lines;
  for (const auto& problem : problems.all()) lines.push_back(to_string(problem));
  return lines;
}

TEST(CheckLrScheduler, WantsTheEndOfTheRunWhereTheScheduleEndsWithIt) {
  const RegimeConfig endless;

  EXPECT_THAT(clashes({"cosine_annealing", CosineAnnealingConfig()}, endless),
              ElementsAre("lr_scheduler.name: \"cosine_annealing\" ends with the run, and needs "
                          "regime.num_steps"));
  EXPECT_THAT(clashes({"polynomial_decay", PolynomialDecayConfig()}, endless),
              ElementsAre(HasSubstr("needs regime.num_steps")));
  EXPECT_THAT(clashes({"tri_stage", TriStageConfig()}, endless),
              ElementsAre(HasSubstr("needs regime.num_steps")));
  EXPECT_THAT(clashes({"cosine_annealing", CosineAnnealingConfig{.cycle_len = 10}}, endless),
              IsEmpty());
  const MyleConfig myle;
  EXPECT_THAT(clashes({"myle", myle}, endless), IsEmpty());
}

TEST(CheckLrScheduler, WantsRoomForTheFallAfterTheWarmup) {
  const RegimeConfig regime{.num_steps = 100};

  EXPECT_THAT(clashes({"wsd", WsdConfig()}, {}), ElementsAre(HasSubstr("needs regime.num_steps")));
  EXPECT_THAT(clashes({"wsd", WsdConfig{.num_warmup_steps = 90}}, regime), IsEmpty());
  EXPECT_THAT(clashes({"wsd", WsdConfig{.num_warmup_steps = 91}}, regime),
              ElementsAre("lr_scheduler.config.decay_share: must leave room for num_warmup_steps "
                          "(91) within regime.num_steps (100), but is 10 steps"));
}

TEST(CheckLrScheduler, RefusesAWarmupAsLongAsTheRun) {
  const RegimeConfig regime{.num_steps = 100};

  EXPECT_THAT(clashes({"cosine_annealing", CosineAnnealingConfig{.num_warmup_steps = 99}}, regime),
              IsEmpty());
  EXPECT_THAT(clashes({"cosine_annealing", CosineAnnealingConfig{.num_warmup_steps = 100}}, regime),
              ElementsAre("lr_scheduler.config.num_warmup_steps: must be less than "
                          "regime.num_steps (100), but is 100"));
}

}  // namespace
}  // namespace roux
