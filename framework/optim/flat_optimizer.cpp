#include "optim/flat_optimizer.h"

#include <ATen/ops/zeros.h>

#include <utility>

#include "roux/base/error.h"

namespace roux {

FlatOptimizer::FlatOptimizer(const OptimizerParts& parts, std::vector<double> base_lrs)
    : parameters_(parts.parameters),
      random_(parts.random),
      stochastic_rounding_(parts.stochastic_rounding),
      base_lrs_(std::move(base_lrs)) {}

void FlatOptimizer::allocate() {
  if (count_.defined()) return;
  for (const nn::FlatGroup& group : parameters_.groups()) {
    require(group.values.defined(), "optimizers: materialised parameters");
  }
  allocate_states();
  count_ = at::zeros({}, at::kLong);
}

void FlatOptimizer::step(const OptimizerStep& step) {
  require(step.lrs.size() == base_lrs_.size(), "Optimizer::step: a rate for each group");
  const std::vector<FlatMemory> memory = memory_of(parameters_);
  allocate();
  const auto count = ++*count_.mutable_data_ptr<std::int64_t>();
  Chance chance;
  if (stochastic_rounding_) chance = random_.child(static_cast<std::uint64_t>(step.number)).key();
  update({.step = step,
          .count = static_cast<double>(count),
          .gradient_scale = maximize() ? -step.gradient_scale : step.gradient_scale,
          .memory = memory,
          .chance = chance});
}

std::vector<OptimizerState> FlatOptimizer::state() {
  allocate();
  std::vector<OptimizerState> all{{"step", "", count_}};
  list_states(all);
  return all;
}

}  // namespace roux
