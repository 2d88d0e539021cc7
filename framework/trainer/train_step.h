#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/sections/trainer.h"
#include "roux/metrics/metric_bag.h"
#include "roux/metrics/phase_times.h"
#include "roux/nn/flat_parameters.h"
#include "roux/optim/loss_scaler.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/optimizer.h"
#include "roux/trainer/train_source.h"

namespace roux {

// What became of a step.
struct StepOutcome {
  std::int64_t num_targets = 0;  // of all micro-batches
  double loss = 0.0;             // the mean over them
  double gradient_norm = 0.0;    // of the mean's gradient, before it was clipped
  bool skipped = false;          // the loss or the gradient was not finite: nothing has changed

  // Where the loss is scaled, and only the scaled gradient was not finite: the next scale is lower.
  bool overflowed = false;
};

// Takes steps: gradients of all micro-batches, their mean, clipping, the optimizer. Where the model
// computes in float16, the loss is scaled.
class StepTaker {
 public:
  StepTaker(const TrainerConfig& config, nn::FlatParameters& parameters, Optimizer& optimizer,
            const LrScheduler& lr_scheduler);

  // The step that `source` has fetched, `step` counted from 0.
  StepOutcome take(std::int64_t step, TrainSource& source, std::size_t micro_batches,
                   MetricBag& metrics, PhaseTimes& times);

  // Where the loss is scaled.
  const std::optional<LossScaler>& scaler() const { return scaler_; }
  std::optional<LossScaler>& scaler() { return scaler_; }

 private:
  void note_overflow(StepOutcome& outcome);

  const TrainerConfig& config_;
  nn::FlatParameters& parameters_;
  Optimizer& optimizer_;
  const LrScheduler& lr_scheduler_;
  std::optional<LossScaler> scaler_;
};

}  // namespace roux
