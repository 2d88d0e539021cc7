#include "trainer/train_step.h"

#include <cmath>

#include "roux/optim/gradient_norm.h"

namespace roux {

StepOutcome StepTaker::take(std::int64_t step, TrainSource& source, std::size_t micro_batches,
                            MetricBag& metrics, PhaseTimes& times) {
  StepOutcome outcome;
  double sum = 0.0;
  parameters_.zero_gradients();
  for (std::size_t i = 0; i < micro_batches; ++i) {
    times.enter(Phase::Forward);
    const BatchLoss loss = source.process(i, metrics);
    times.enter(Phase::Backward);
    if (loss.sum.requires_grad()) loss.sum.backward();
    sum += loss.sum.item<double>();
    outcome.num_targets += loss.num_targets;
  }
  if (outcome.num_targets == 0) return outcome;

  times.enter(Phase::Optimizer);
  const auto targets = static_cast<double>(outcome.num_targets);
  outcome.loss = sum / targets;
  outcome.gradient_norm = gradient_norm(parameters_) / targets;
  outcome.skipped = !std::isfinite(outcome.loss) || !std::isfinite(outcome.gradient_norm);
  if (outcome.skipped) return outcome;

  double scale = 1.0 / targets;
  if (config_.max_grad_norm) scale *= clipping_scale(outcome.gradient_norm, *config_.max_grad_norm);
  const std::vector<double> lrs = lr_scheduler_.lrs(step);
  optimizer_.step({.number = step, .lrs = lrs, .gradient_scale = scale});
  return outcome;
}

}  // namespace roux
