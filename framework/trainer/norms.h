#pragma once

#include <vector>

#include "roux/metrics/metric_bag.h"
#include "roux/nn/flat_parameters.h"

namespace roux {

// How large parameters are, and how much a step changes them: in all, and by block. Holds a copy
// of them from before the step.
class NormsOfStep {
 public:
  explicit NormsOfStep(const nn::FlatParameters& parameters);

  // After the step: param_norm, update_norm, update_ratio, and the first two by block.
  void add_to(MetricBag& metrics) const;

 private:
  const nn::FlatParameters& parameters_;
  std::vector<at::Tensor> before_;  // of each group that is trained
};

}  // namespace roux
