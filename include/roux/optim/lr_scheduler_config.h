#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "roux/config/choice.h"
#include "roux/config/fields.h"

namespace roux {

class LrScheduler;
struct RegimeConfig;

// [lr_scheduler]
using LrSchedulerSection = config::Choice<LrScheduler>;

// One learning rate for all parameter groups, or a list with one for each.
using GroupRates = std::variant<double, std::vector<double>>;

// [lr_scheduler.config] with name = "passthrough": the optimizer's rate at every step.
struct PassthroughConfig {
  static void describe(config::Fields<PassthroughConfig>& field);
};

// name = "cosine_annealing": linear warm-up, then cosines, each cycle_mul times as long and lr_mul
// times as high as the one before (SGDR, arXiv:1608.03983).
struct CosineAnnealingConfig {
  std::optional<std::int64_t> cycle_len;
  std::int64_t num_warmup_steps = 0;
  double cycle_mul = 1.0;
  double lr_mul = 1.0;
  GroupRates start_lr = 0.0;
  std::optional<GroupRates> final_lr;
  std::optional<GroupRates> final_lr_scale = 0.2;

  static void describe(config::Fields<CosineAnnealingConfig>& field);
  void validate(config::Problems& problems) const;
};

// name = "myle": linear warm-up, then the inverse square root of the step.
struct MyleConfig {
  std::int64_t num_warmup_steps = 1;
  GroupRates start_lr = 0.0;

  static void describe(config::Fields<MyleConfig>& field);
};

// name = "noam": the schedule of the first Transformer, warm-up and inverse square root.
struct NoamConfig {
  std::int64_t num_warmup_steps = 0;

  static void describe(config::Fields<NoamConfig>& field);
};

// name = "polynomial_decay": linear warm-up, then a power of what is left of the run.
struct PolynomialDecayConfig {
  std::int64_t num_warmup_steps = 0;
  double power = 1.0;
  GroupRates start_lr = 0.0;
  GroupRates final_lr = 0.0;

  static void describe(config::Fields<PolynomialDecayConfig>& field);
};

// name = "tri_stage": linear warm-up, a plateau, exponential decay (arXiv:1904.08779).
struct TriStageConfig {
  std::array<double, 3> stage_ratio = {0.0, 0.0, 1.0};
  GroupRates start_lr_scale = 0.01;
  GroupRates final_lr_scale = 0.01;

  static void describe(config::Fields<TriStageConfig>& field);
  void validate(config::Problems& problems) const;
};

// What the rate's fall looks like at the end of wsd, of the share x of the fall that has gone by.
enum class WsdDecay {
  Linear,        // 1 - x
  Cosine,        // (1 + cos(pi x)) / 2
  OneMinusSqrt,  // 1 - sqrt(x)
};

void describe(config::EnumValues<WsdDecay>& value);

// name = "wsd": linear warm-up, a plateau, and a short fall at the end of the run (MiniCPM,
// arXiv:2404.06395).
struct WsdConfig {
  std::int64_t num_warmup_steps = 0;
  std::optional<std::int64_t> num_decay_steps;
  std::optional<double> decay_share = 0.1;
  WsdDecay decay = WsdDecay::OneMinusSqrt;
  GroupRates start_lr = 0.0;
  std::optional<GroupRates> final_lr;
  std::optional<GroupRates> final_lr_scale = 0.0;

  static void describe(config::Fields<WsdConfig>& field);
  void validate(config::Problems& problems) const;

  // Of a run of that many steps.
  std::int64_t decay_steps(std::int64_t num_steps) const;
};

// The rules between the schedule and the length of the run: what needs to know the run's end, and a
// warm-up that doesn't fit. For the validate() of a recipe's config, whose section `lr_scheduler`
// is `section`.
void check_lr_scheduler(const LrSchedulerSection& section, const RegimeConfig& regime,
                        config::Problems& problems);

}  // namespace roux
