#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "roux/metrics/metric_bag.h"

namespace roux {

// What a model makes of a micro-batch.
struct BatchLoss {
  at::Tensor sum;                // over the targets that count: a scalar, where backward() begins
  std::int64_t num_targets = 0;  // what the sum of all micro-batches is divided by
};

// What is special about one way of training: from a batch to its loss.
template <typename Batch>
class TrainUnit {
 public:
  virtual ~TrainUnit() = default;

  // Adds what is worth reporting to `metrics`; of a step that is skipped it counts for nothing.
  virtual BatchLoss process_batch(const Batch& batch, MetricBag& metrics) = 0;
};

// The same for validation: what is of interest goes to `metrics`. Called without gradients.
template <typename Batch>
class EvalUnit {
 public:
  virtual ~EvalUnit() = default;

  virtual void process_batch(const Batch& batch, MetricBag& metrics) = 0;
};

}  // namespace roux
