#include "roux/optim/lr_schedulers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "optim/group_schedule.h"
#include "roux/base/error.h"

namespace roux {
namespace {

double falling(WsdDecay shape, double x) {
  switch (shape) {
    case WsdDecay::Linear:
      return 1.0 - x;
    case WsdDecay::Cosine:
      return 0.5 * (1.0 + std::cos(std::numbers::pi * x));
    case WsdDecay::OneMinusSqrt:
      return 1.0 - std::sqrt(x);
  }
  throw InternalError("wsd: an unknown shape");
}

// Where the warm-up of tri_stage begins.
Rates scaled(const GroupRates& scale, const Rates& base) {
  Rates rates = rates_of(scale, base.size(), "start_lr_scale");
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] *= base[i];
  return rates;
}

}  // namespace

std::unique_ptr<LrScheduler> make_passthrough(const PassthroughConfig&,
                                              std::vector<double> base_lrs) {
  return make_schedule([base = std::move(base_lrs)](std::int64_t) { return base; });
}

std::unique_ptr<LrScheduler> make_myle(const MyleConfig& config, std::vector<double> base_lrs) {
  const Rates start = rates_of(config.start_lr, base_lrs.size(), "start_lr");
  return make_schedule(
      [=, base = std::move(base_lrs), warmup = config.num_warmup_steps](std::int64_t step) {
        if (step < warmup) return between(start, base, ratio(step, warmup));
        return times(base, std::sqrt(ratio(warmup, step)));
      });
}

std::unique_ptr<LrScheduler> make_noam(const NoamConfig& config, std::vector<double> base_lrs) {
  return make_schedule(
      [base = std::move(base_lrs), warmup = config.num_warmup_steps](std::int64_t step) {
        const auto number = static_cast<double>(step);
        if (step < warmup) return times(base, number * std::pow(static_cast<double>(warmup), -1.5));
        return times(base, step == 0 ? 1.0 : 1.0 / std::sqrt(number));
      });
}

std::unique_ptr<LrScheduler> make_polynomial_decay(const PolynomialDecayConfig& config,
                                                   std::vector<double> base_lrs,
                                                   std::optional<std::int64_t> num_steps) {
  const Rates start = rates_of(config.start_lr, base_lrs.size(), "start_lr");
  const Rates last = rates_of(config.final_lr, base_lrs.size(), "final_lr");
  const std::int64_t end = length_of_run(num_steps, "polynomial_decay");
  const std::int64_t warmup = config.num_warmup_steps;
  if (warmup >= end) {
    throw ConfigError(
        cat("lr_scheduler.config.num_warmup_steps must be less than regime.num_steps (", end,
            "), but is ", warmup));
  }
  return make_schedule([=, base = std::move(base_lrs), power = config.power](std::int64_t step) {
    if (step >= end) return last;
    if (step < warmup) return between(start, base, ratio(step, warmup));
    return between(last, base, std::pow(ratio(end - step, end - warmup), power));
  });
}

std::unique_ptr<LrScheduler> make_tri_stage(const TriStageConfig& config,
                                            std::vector<double> base_lrs,
                                            std::optional<std::int64_t> num_steps) {
  const Rates start = scaled(config.start_lr_scale, base_lrs);
  const Rates final_scale = rates_of(config.final_lr_scale, base_lrs.size(), "final_lr_scale");
  const auto length = static_cast<double>(length_of_run(num_steps, "tri_stage"));
  std::array<std::int64_t, 3> stages{};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    stages.at(i) = static_cast<std::int64_t>(config.stage_ratio.at(i) * length);
  }
  return make_schedule([=, base = std::move(base_lrs)](std::int64_t step) {
    if (step < stages[0]) return between(start, base, ratio(step, stages[0]));
    const std::int64_t since = step - stages[0] - stages[1];
    if (since < 0) return base;
    const double share = since < stages[2] ? ratio(since, stages[2]) : 1.0;
    Rates rates = base;
    for (std::size_t i = 0; i < rates.size(); ++i) rates[i] *= std::pow(final_scale[i], share);
    return rates;
  });
}

std::unique_ptr<LrScheduler> make_wsd(const WsdConfig& config, std::vector<double> base_lrs,
                                      std::optional<std::int64_t> num_steps) {
  const Rates start = rates_of(config.start_lr, base_lrs.size(), "start_lr");
  const Rates last = final_rates(config.final_lr, config.final_lr_scale, base_lrs);
  const std::int64_t end = length_of_run(num_steps, "wsd");
  const std::int64_t warmup = config.num_warmup_steps;
  const std::int64_t decay = config.decay_steps(end);
  if (warmup + decay > end) {
    throw ConfigError(cat("lr_scheduler.config: the warm-up (", warmup, " steps) and the decay (",
                          decay, ") must fit in regime.num_steps (", end, ")"));
  }
  return make_schedule([=, base = std::move(base_lrs), shape = config.decay](std::int64_t step) {
    if (step < warmup) return between(start, base, ratio(step, warmup));
    if (step >= end) return last;
    if (step < end - decay) return base;
    return between(last, base, falling(shape, ratio(step - (end - decay), decay)));
  });
}

}  // namespace roux
