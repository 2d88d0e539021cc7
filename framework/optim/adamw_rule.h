#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "optim/kernels/table.h"
#include "optim/parameter_groups.h"

namespace roux {

// AdamW's settings of one group.
struct AdamWSettings {
  std::array<double, 2> betas;
  double eps;
  double weight_decay;

  // A step's numbers: `count` of steps, this one included.
  template <typename T>
  ops::AdamWNumbers<T> numbers(double lr, double count, double gradient_scale) const {
    return {.gradient_scale = static_cast<T>(gradient_scale),
            .keep = static_cast<T>(1.0 - lr * weight_decay),
            .one_minus_beta1 = static_cast<T>(1.0 - betas[0]),
            .beta2 = static_cast<T>(betas[1]),
            .one_minus_beta2 = static_cast<T>(1.0 - betas[1]),
            .inverse_bias2 = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(betas[1], count))),
            .eps = static_cast<T>(eps),
            .step_size = static_cast<T>(lr / (1.0 - std::pow(betas[0], count)))};
  }
};

// Of each group: its own, or those of `defaults`, which the last group has.
template <typename Defaults, typename Group>
std::vector<AdamWSettings> adamw_settings(const Defaults& defaults,
                                          const std::vector<Group>& groups) {
  std::vector<AdamWSettings> all;
  for (const Group& group : groups) {
    all.push_back({group.betas.value_or(defaults.betas), group.eps.value_or(defaults.eps),
                   group.weight_decay.value_or(defaults.weight_decay)});
  }
  all.push_back({defaults.betas, defaults.eps, defaults.weight_decay});
  return all;
}

inline std::vector<std::string> adamw_state_names() {
  return {"exp_avg", "exp_avg_sq"};
}

}  // namespace roux
