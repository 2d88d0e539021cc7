#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace roux {

// What one step needs besides the gradients.
struct OptimizerStep {
  // Counted from 0. Numbers that are drawn for a step (stochastic rounding) depend on it.
  std::int64_t number = 0;

  // A learning rate for each of the optimizer's groups.
  std::span<const double> lrs;

  // Gradients are multiplied by it first: it makes sums means, and clips.
  double gradient_scale = 1.0;
};

// A tensor that an optimizer keeps from step to step: a view of what it works on.
struct OptimizerState {
  std::string name;       // "exp_avg", "step"
  std::string parameter;  // whose; "": of all of them
  at::Tensor value;
};

// Changes a model's parameters by their gradients, both of which lie flat (nn::FlatParameters).
//
// Its parameters are in groups, each with settings of its own: first match of the config's
// patterns, and a last group for all others.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // The rates of the config, one for each group: what a schedule scales.
  virtual const std::vector<double>& base_lrs() const = 0;

  // Reads the gradients and leaves them as they are.
  virtual void step(const OptimizerStep& step) = 0;

  // Everything that a run needs to go on, in an order that only the config and the model decide.
  // Tensors are of a parameter's shape where there is a number for each of its elements.
  virtual std::vector<OptimizerState> state() = 0;
};

}  // namespace roux
