#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "roux/config/sections/trainer.h"
#include "roux/metrics/metric_bag.h"
#include "roux/metrics/phase_times.h"
#include "roux/nn/flat_parameters.h"
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
};

// Takes steps: gradients of all micro-batches, their mean, clipping, the optimizer.
class StepTaker {
 public:
  StepTaker(const TrainerConfig& config, nn::FlatParameters& parameters, Optimizer& optimizer,
            const LrScheduler& lr_scheduler)
      : config_(config),
        parameters_(parameters),
        optimizer_(optimizer),
        lr_scheduler_(lr_scheduler) {}

  // The step that `source` has fetched, `step` counted from 0.
  StepOutcome take(std::int64_t step, TrainSource& source, std::size_t micro_batches,
                   MetricBag& metrics, PhaseTimes& times);

 private:
  const TrainerConfig& config_;
  nn::FlatParameters& parameters_;
  Optimizer& optimizer_;
  const LrScheduler& lr_scheduler_;
};

}  // namespace roux
