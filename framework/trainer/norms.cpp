#include "trainer/norms.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <map>
#include <string>

#include "roux/base/error.h"

namespace roux {
namespace {

double squares(const at::Tensor& numbers) {
  const auto norm = at::linalg_vector_norm(numbers, 2, std::nullopt, false, at::kDouble);
  return norm.item<double>() * norm.item<double>();
}

void add(MetricBag& metrics, const std::string& name,
         const std::map<std::string, double>& squares_of_blocks) {
  double all = 0.0;
  for (const auto& [block, sum] : squares_of_blocks) all += sum;
  metrics.set(name, std::sqrt(all));
  for (const auto& [block, sum] : squares_of_blocks) {
    metrics.set(cat(name, '/', block.empty() ? "outside_blocks" : block), std::sqrt(sum));
  }
}

}  // namespace

NormsOfStep::NormsOfStep(const nn::FlatParameters& parameters) : parameters_(parameters) {
  for (const nn::FlatGroup& group : parameters.groups()) {
    if (group.trainable) before_.push_back(group.exact().clone());
  }
}

void NormsOfStep::add_to(MetricBag& metrics) const {
  const at::NoGradGuard no_gradients;
  std::map<std::string, double> of_parameters;
  std::map<std::string, double> of_updates;
  double all = 0.0;
  double changed = 0.0;
  std::size_t next = 0;
  for (const nn::FlatGroup& group : parameters_.groups()) {
    if (!group.trainable) continue;
    const double size = squares(group.exact());
    const double change = squares(group.exact() - before_[next++]);
    of_parameters[group.block] += size;
    of_updates[group.block] += change;
    all += size;
    changed += change;
  }
  add(metrics, "param_norm", of_parameters);
  add(metrics, "update_norm", of_updates);
  if (all > 0.0) metrics.set("update_ratio", std::sqrt(changed / all));
}

}  // namespace roux
