#include "trainer/train_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "roux/base/error.h"
#include "roux/optim/gradient_norm.h"
#include "roux/parallel/same_parameters.h"

namespace roux {
namespace {

bool computes_in_float16(const nn::FlatParameters& parameters) {
  const auto& groups = parameters.groups();
  return std::any_of(groups.begin(), groups.end(), [](const nn::FlatGroup& group) {
    return group.trainable && group.values.scalar_type() == at::kHalf;
  });
}

}  // namespace

StepTaker::StepTaker(const TrainerConfig& config, nn::FlatParameters& parameters,
                     Optimizer& optimizer, const LrScheduler& lr_scheduler, const Gangs& gangs)
    : config_(config),
      parameters_(parameters),
      optimizer_(optimizer),
      lr_scheduler_(lr_scheduler),
      gangs_(gangs) {
  if (computes_in_float16(parameters)) {
    scaler_.emplace(config.fp16_loss_scale,
                    LossScaler::default_window(config.grad_accumulation.num_batches));
  }
}

void StepTaker::setup() {
  reducer_.emplace(parameters_, *gangs_.data);
}

// Returns the sum of this rank's losses; targets go to `outcome`.
double StepTaker::compute_gradients(TrainSource& source, std::size_t micro_batches,
                                    double loss_scale, MetricBag& metrics, PhaseTimes& times,
                                    StepOutcome& outcome) {
  double sum = 0.0;
  parameters_.zero_gradients();
  for (std::size_t i = 0; i < micro_batches; ++i) {
    times.enter(Phase::Forward);
    const BatchLoss loss = source.process(i, metrics);
    times.enter(Phase::Backward);
    if (i + 1 == micro_batches) reducer_->begin();
    if (loss.sum.requires_grad()) (scaler_ ? loss.sum * loss_scale : loss.sum).backward();
    sum += loss.sum.item<double>();
    outcome.num_targets += loss.num_targets;
  }
  times.enter(Phase::Gang);
  reducer_->finish();
  return sum;
}

StepOutcome StepTaker::take(std::int64_t step, TrainSource& source, std::size_t micro_batches,
                            MetricBag& metrics, PhaseTimes& times,
                            const std::function<bool()>& wants_end) {
  require(reducer_.has_value(), "StepTaker::take: not set up");
  const double loss_scale = scaler_ ? scaler_->scale() : 1.0;
  StepOutcome outcome;
  const double own = compute_gradients(source, micro_batches, loss_scale, metrics, times, outcome);

  // Sums of whole numbers are exact in it up to 2^53.
  const at::Tensor totals = at::tensor(
      {own, static_cast<double>(outcome.num_targets), wants_end() ? 1.0 : 0.0}, at::kDouble);
  gangs_.root->all_reduce(totals, Reduce::Sum, "the step's loss");
  const auto* total = totals.const_data_ptr<double>();
  // Ranks that share the work on a batch count it once each.
  const double shared = gangs_.root->size() / gangs_.data->size();
  const double sum = total[0] / shared;
  const double targets = total[1] / shared;
  outcome.num_targets = static_cast<std::int64_t>(targets);
  outcome.is_last = total[2] > 0.0;
  if (outcome.num_targets == 0) return outcome;

  if (config_.grad_check) parallel::check_gradients(parameters_, *gangs_.data);
  times.enter(Phase::Optimizer);
  outcome.loss = sum / targets;
  outcome.gradient_norm = gradient_norm(parameters_) / targets / loss_scale;
  outcome.skipped = !std::isfinite(outcome.loss) || !std::isfinite(outcome.gradient_norm);
  if (scaler_ && std::isfinite(outcome.loss)) note_overflow(outcome);
  if (outcome.skipped) return outcome;

  double scale = 1.0 / targets / loss_scale;
  if (config_.max_grad_norm) scale *= clipping_scale(outcome.gradient_norm, *config_.max_grad_norm);
  const std::vector<double> lrs = lr_scheduler_.lrs(step);
  optimizer_.step({.number = step, .lrs = lrs, .gradient_scale = scale});
  return outcome;
}

void StepTaker::note_overflow(StepOutcome& outcome) {
  outcome.overflowed = outcome.skipped;
  if (scaler_->update(!outcome.skipped) != LossScaler::Change::Stuck) return;
  throw Error(cat("the gradients are not finite even with the loss scaled by ", scaler_->scale(),
                  ", the least of trainer.fp16_loss_scale: a smaller learning rate may help, and "
                  "trainer.mixed_precision.dtype = \"bfloat16\" needs no scale"));
}

}  // namespace roux
