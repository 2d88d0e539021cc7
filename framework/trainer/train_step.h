#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/sections/trainer.h"
#include "roux/gang/gangs.h"
#include "roux/metrics/metric_bag.h"
#include "roux/metrics/phase_times.h"
#include "roux/nn/flat_parameters.h"
#include "roux/optim/loss_scaler.h"
#include "roux/optim/lr_scheduler.h"
#include "roux/optim/optimizer.h"
#include "roux/parallel/gradient_reducer.h"
#include "roux/trainer/train_source.h"

namespace roux {

// What became of a step.
struct StepOutcome {
  std::int64_t num_targets = 0;  // of all micro-batches
  double loss = 0.0;             // the mean over them
  double gradient_norm = 0.0;    // of the mean's gradient, before it was clipped
  bool skipped = false;          // the loss or the gradient was not finite: nothing has changed

  // Whether a rank wants this to be the last one.
  bool is_last = false;

  // Where the loss is scaled, and only the scaled gradient was not finite: the next scale is lower.
  bool overflowed = false;
};

// Takes steps: gradients of all micro-batches on all ranks, their mean, clipping, the optimizer.
// Where the model computes in float16, the loss is scaled.
class StepTaker {
 public:
  StepTaker(const TrainerConfig& config, nn::FlatParameters& parameters, Optimizer& optimizer,
            const LrScheduler& lr_scheduler, const Gangs& gangs);

  // Has gradients summed up over the ranks. Requires: they are allocated.
  void setup();

  // The step that `source` has fetched, `step` counted from 0. `wants_end`: whether this rank wants
  // it to be the last one, asked when it is nearly over.
  StepOutcome take(std::int64_t step, TrainSource& source, std::size_t micro_batches,
                   MetricBag& metrics, PhaseTimes& times, const std::function<bool()>& wants_end);

  // Requires: setup() was called.
  const parallel::GradientReducer& reducer() const { return reducer_.value(); }

  // Where the loss is scaled.
  const std::optional<LossScaler>& scaler() const { return scaler_; }
  std::optional<LossScaler>& scaler() { return scaler_; }

 private:
  double compute_gradients(TrainSource& source, std::size_t micro_batches, double loss_scale,
                           MetricBag& metrics, PhaseTimes& times, StepOutcome& outcome);
  void note_overflow(StepOutcome& outcome);

  const TrainerConfig& config_;
  nn::FlatParameters& parameters_;
  Optimizer& optimizer_;
  const LrScheduler& lr_scheduler_;
  const Gangs& gangs_;
  std::optional<parallel::GradientReducer> reducer_;
  std::optional<LossScaler> scaler_;
};

}  // namespace roux
