#include "roux/optim/lr_scheduler_config.h"

#include <cmath>

#include "roux/base/error.h"
#include "roux/config/sections/regime.h"

namespace roux {
namespace {

constexpr const char* kWarmupDoc = "Steps over which the rate climbs linearly to the optimizer's.";
constexpr const char* kStartDoc =
    "The rate before the first warm-up step; a list gives one for each parameter group.";
constexpr const char* kFinalScaleDoc =
    "The rate at the end as a share of the optimizer's, in place of final_lr.";
constexpr const char* kFinalDoc = "The rate at the end; a list gives one for each parameter group.";

// Two ways to say one thing.
void want_one(const std::string& first, bool has_first, const std::string& second, bool has_second,
              config::Problems& problems) {
  if (has_first && has_second) {
    problems.add(first, cat("must not stand beside ", second, ": set one of them to \"none\""));
  } else if (!has_first && !has_second) {
    problems.needs(first);
  }
}

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
  field("final_lr_scale", &C::final_lr_scale, kFinalScaleDoc).between(0, 1);
}

void CosineAnnealingConfig::validate(config::Problems& problems) const {
  want_one("final_lr", final_lr.has_value(), "final_lr_scale", final_lr_scale.has_value(),
           problems);
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

void describe(config::EnumValues<WsdDecay>& value) {
  value("linear", WsdDecay::Linear, "In a line.");
  value("cosine", WsdDecay::Cosine, "Half a cosine.");
  value("1-sqrt", WsdDecay::OneMinusSqrt, "Fast at first, slowly in the end.");
}

void WsdConfig::describe(config::Fields<WsdConfig>& field) {
  using C = WsdConfig;
  field("num_warmup_steps", &C::num_warmup_steps, kWarmupDoc).at_least(0);
  field("num_decay_steps", &C::num_decay_steps, "Steps of the fall at the end of the run.")
      .at_least(1);
  field("decay_share", &C::decay_share,
        "The fall as a share of the run, in place of num_decay_steps.")
      .between(0, 1);
  field("decay", &C::decay, "What the fall looks like.");
  field("start_lr", &C::start_lr, kStartDoc).at_least(0);
  field("final_lr", &C::final_lr, kFinalDoc).at_least(0);
  field("final_lr_scale", &C::final_lr_scale, kFinalScaleDoc).between(0, 1);
}

void WsdConfig::validate(config::Problems& problems) const {
  want_one("num_decay_steps", num_decay_steps.has_value(), "decay_share", decay_share.has_value(),
           problems);
  want_one("final_lr", final_lr.has_value(), "final_lr_scale", final_lr_scale.has_value(),
           problems);
}

std::int64_t WsdConfig::decay_steps(std::int64_t num_steps) const {
  if (num_decay_steps) return *num_decay_steps;
  return std::llround(*decay_share * static_cast<double>(num_steps));
}

namespace {

std::int64_t warmup_of(const LrSchedulerSection& section) {
  if (const auto* cosine = section.config_as<CosineAnnealingConfig>()) {
    return cosine->num_warmup_steps;
  }
  if (const auto* polynomial = section.config_as<PolynomialDecayConfig>()) {
    return polynomial->num_warmup_steps;
  }
  if (const auto* wsd = section.config_as<WsdConfig>()) return wsd->num_warmup_steps;
  return 0;
}

bool needs_end(const LrSchedulerSection& section) {
  const auto* cosine = section.config_as<CosineAnnealingConfig>();
  return (cosine && !cosine->cycle_len) || section.config_as<PolynomialDecayConfig>() ||
         section.config_as<TriStageConfig>() || section.config_as<WsdConfig>();
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
  } else if (const auto* wsd = section.config_as<WsdConfig>();
             wsd && (wsd->num_decay_steps || wsd->decay_share)) {
    const std::int64_t decay = wsd->decay_steps(*regime.num_steps);
    if (wsd->num_warmup_steps + decay > *regime.num_steps) {
      problems.add(
          wsd->num_decay_steps ? "lr_scheduler.config.num_decay_steps"
                               : "lr_scheduler.config.decay_share",
          cat("must leave room for num_warmup_steps (", wsd->num_warmup_steps,
              ") within regime.num_steps (", *regime.num_steps, "), but is ", decay, " steps"));
    }
  }
}

}  // namespace roux
