#include "roux/optim/lr_scheduler_config.h"

#include <cmath>

#include "roux/base/error.h"
#include "roux/config/sections/regime.h"

namespace roux {
namespace {

constexpr const char* kWarmupDoc = "Steps over which the rate climbs linearly to the optimizer's.";
constexpr const char* kStartDoc =
    "The rate before the first warm-up step; a list gives one for each parameter group.";
constexpr const char* kFinalDoc = "The rate at the end; a list gives one for each parameter group.";

}  // namespace

void PassthroughConfig::describe(config::Fields<PassthroughConfig>&) {}

void CosineAnnealingConfig::describe(config::Fields<CosineAnnealingConfig>& field) {
  using C = CosineAnnealingConfig;
  field("cycle_len", &C::cycle_len,
        "Steps of the first cosine after the warm-up; unset: to the end of the run.")
      .at_least(1);
  field("num_warmup_steps", &C::num_warmup_steps, kWarmupDoc).at_least(0);
  field("cycle_mul", &C::cycle_mul, "How much longer each cosine is than the one before.")
      .more_than(0);
  field("lr_mul", &C::lr_mul, "How much higher each cosine is than the one before.").more_than(0);
  field("start_lr", &C::start_lr, kStartDoc).at_least(0);
  field("final_lr", &C::final_lr, kFinalDoc).at_least(0);
  field("final_lr_scale", &C::final_lr_scale,
        "The rate at the end as a share of the optimizer's, in place of final_lr.")
      .between(0, 1);
}

void CosineAnnealingConfig::validate(config::Problems& problems) const {
  if (final_lr && final_lr_scale) {
    problems.add("final_lr", "must not stand beside final_lr_scale: set one of them to \"none\"");
  } else if (!final_lr && !final_lr_scale) {
    problems.needs("final_lr");
  }
}

void MyleConfig::describe(config::Fields<MyleConfig>& field) {
  field("num_warmup_steps", &MyleConfig::num_warmup_steps, kWarmupDoc).at_least(1);
  field("start_lr", &MyleConfig::start_lr, kStartDoc).at_least(0);
}

void NoamConfig::describe(config::Fields<NoamConfig>& field) {
  field("num_warmup_steps", &NoamConfig::num_warmup_steps, kWarmupDoc).at_least(0);
}

void PolynomialDecayConfig::describe(config::Fields<PolynomialDecayConfig>& field) {
  using C = PolynomialDecayConfig;
  field("num_warmup_steps", &C::num_warmup_steps, kWarmupDoc).at_least(0);
  field("power", &C::power, "Exponent of the share of the run that is left.").more_than(0);
  field("start_lr", &C::start_lr, kStartDoc).at_least(0);
  field("final_lr", &C::final_lr, kFinalDoc).at_least(0);
}

void TriStageConfig::describe(config::Fields<TriStageConfig>& field) {
  using C = TriStageConfig;
  field("stage_ratio", &C::stage_ratio, "Shares of the run for warm-up, plateau and decay.")
      .between(0, 1);
  field("start_lr_scale", &C::start_lr_scale, "The first rate as a share of the optimizer's.")
      .between(0, 1);
  field("final_lr_scale", &C::final_lr_scale, "The last rate as a share of the optimizer's.")
      .between(0, 1);
}

void TriStageConfig::validate(config::Problems& problems) const {
  const double sum = stage_ratio[0] + stage_ratio[1] + stage_ratio[2];
  if (std::abs(sum - 1.0) > 1e-6) {
    problems.add("stage_ratio", cat("must sum up to 1, but sums up to ", sum));
  }
}

namespace {

std::int64_t warmup_of(const LrSchedulerSection& section) {
  if (const auto* cosine = section.config_as<CosineAnnealingConfig>()) {
    return cosine->num_warmup_steps;
  }
  if (const auto* polynomial = section.config_as<PolynomialDecayConfig>()) {
    return polynomial->num_warmup_steps;
  }
  return 0;
}

bool needs_end(const LrSchedulerSection& section) {
  const auto* cosine = section.config_as<CosineAnnealingConfig>();
  return (cosine && !cosine->cycle_len) || section.config_as<PolynomialDecayConfig>() ||
         section.config_as<TriStageConfig>();
}

}  // namespace

void check_lr_scheduler(const LrSchedulerSection& section, const RegimeConfig& regime,
                        config::Problems& problems) {
  if (!needs_end(section)) return;
  if (!regime.num_steps) {
    problems.add("lr_scheduler.name",
                 cat("\"", section.name, "\" ends with the run, and needs regime.num_steps"));
  } else if (warmup_of(section) >= *regime.num_steps) {
    problems.add("lr_scheduler.config.num_warmup_steps",
                 cat("must be less than regime.num_steps (", *regime.num_steps, "), but is ",
                     warmup_of(section)));
  }
}

}  // namespace roux
