#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "optim/flat_pass.h"
#include "optim/parameter_groups.h"
#include "roux/optim/optimizer.h"
#include "roux/optim/optimizers.h"

namespace roux {

// What all optimizers share: rates, and the count of the steps that were taken.
class FlatOptimizer : public Optimizer {
 public:
  const std::vector<double>& base_lrs() const final { return base_lrs_; }
  void step(const OptimizerStep& step) final;
  std::vector<OptimizerState> state() final;

 protected:
  FlatOptimizer(const OptimizerParts& parts, std::vector<double> base_lrs);

  const nn::FlatParameters& parameters() const { return parameters_; }

  // What an update needs to know.
  struct Now {
    const OptimizerStep& step;
    double count;                           // of steps, this one included
    double gradient_scale;                  // negative to climb
    const std::vector<FlatMemory>& memory;  // of each flat group
    Chance chance;
  };

  virtual void update(const Now& now) = 0;
  virtual bool maximize() const { return false; }

  // Called once, before the first step or list.
  virtual void allocate_states() = 0;
  virtual void list_states(std::vector<OptimizerState>& all) const = 0;

 private:
  void allocate();

  const nn::FlatParameters& parameters_;
  RandomStream random_;
  bool stochastic_rounding_;
  std::vector<double> base_lrs_;
  at::Tensor count_;  // int64, without dimensions; undefined before allocate()
};

// The rates of groups: each one's own, or `lr`, and `lr` for the group of what is in none.
template <typename Config>
std::vector<double> base_lrs_of(const Config& config, const ParameterGroups& groups) {
  std::vector<double> lrs;
  for (const auto& group : config.groups) lrs.push_back(group.lr.value_or(config.lr));
  if (groups.count > lrs.size()) lrs.push_back(config.lr);
  return lrs;
}

}  // namespace roux
