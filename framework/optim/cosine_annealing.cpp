#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "optim/group_schedule.h"
#include "roux/base/error.h"
#include "roux/optim/lr_schedulers.h"

namespace roux {
namespace {

struct Cycle {
  std::int64_t number = 0;
  std::int64_t begin = 0;
  std::int64_t length = 0;
};

// Without its fraction, and no larger than a step can be.
std::int64_t whole(double steps) {
  return static_cast<std::int64_t>(std::min(steps, 0x1p62));
}

// The cycle that `step`, counted from the end of the warm-up, is in. As in fairseq2, cycles end
// where their exact lengths do, and are measured in whole steps.
Cycle cycle_at(std::int64_t step, std::int64_t first_length, double mul) {
  if (mul == 1.0) {
    const std::int64_t number = step / first_length;
    return {number, number * first_length, first_length};
  }
  Cycle cycle{0, 0, first_length};
  double power = 1.0;  // mul^number
  const auto length = static_cast<double>(first_length);
  for (;;) {
    cycle.length = whole(power * length);
    const double next_power = std::pow(mul, static_cast<double>(cycle.number + 1));
    const double next = (1.0 - next_power) / (1.0 - mul) * length;
    if (static_cast<double>(step) < next) return cycle;
    // Cycles that shrink come to nothing: the last one of a step or more is the end.
    if (next_power * length < 1.0) return {cycle.number, step - cycle.length, cycle.length};
    cycle.begin = whole(next);
    ++cycle.number;
    power = next_power;
  }
}

}  // namespace

std::unique_ptr<LrScheduler> make_cosine_annealing(const CosineAnnealingConfig& config,
                                                   std::vector<double> base_lrs,
                                                   std::optional<std::int64_t> num_steps) {
  const Rates start = rates_of(config.start_lr, base_lrs.size(), "start_lr");
  const Rates last = final_rates(config.final_lr, config.final_lr_scale, base_lrs);
  const std::int64_t warmup = config.num_warmup_steps;
  // Only a cycle whose length was asked for is followed by others.
  const bool once = !config.cycle_len;
  const std::int64_t length =
      once ? length_of_run(num_steps, "cosine_annealing") - warmup : *config.cycle_len;
  if (length < 1) {
    throw ConfigError(
        cat("lr_scheduler.config.num_warmup_steps must be less than regime.num_steps (", *num_steps,
            "), but is ", warmup));
  }
  return make_schedule([=, base = std::move(base_lrs), mul = config.cycle_mul,
                        lr_mul = config.lr_mul](std::int64_t step) {
    if (step < warmup) return between(start, base, ratio(step, warmup));
    const std::int64_t since = step - warmup;
    const Cycle cycle = once ? Cycle{0, std::max<std::int64_t>(0, since - length), length}
                             : cycle_at(since, length, mul);
    const double cosine = std::cos(std::numbers::pi * ratio(since - cycle.begin, cycle.length));
    const double factor = std::pow(lr_mul, static_cast<double>(cycle.number));
    return between(times(last, factor), times(base, factor), 0.5 * (1.0 + cosine));
  });
}

}  // namespace roux
