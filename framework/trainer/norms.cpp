#include "trainer/norms.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <cmath>
#include <map>
#include <string>

#include "roux/base/error.h"
#include "roux/optim/gradient_norm.h"

namespace roux {
namespace {

double squares(const at::Tensor& numbers) {
  const auto norm = at::linalg_vector_norm(numbers, 2, std::nullopt, false, at::kDouble);
  return norm.item<double>() * norm.item<double>();
}

// Gives the norm of all.
double add(MetricBag& metrics, const std::string& name,
           const std::map<std::string, double>& squares_of_blocks) {
  double all = 0.0;
  for (const auto& [block, sum] : squares_of_blocks) all += sum;
  const double norm = std::sqrt(all);
  metrics.set(name, norm);
  for (const auto& [block, sum] : squares_of_blocks) {
    metrics.set(cat(name, '/', block.empty() ? "outside_blocks" : block), std::sqrt(sum));
  }
  return norm;
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
  const FlatNorms norms = parameter_norms(parameters_);
  auto before = before_.begin();
  for (std::size_t i = 0; i < norms.groups.size(); ++i) {
    const nn::FlatGroup& group = parameters_.groups()[i];
    if (!group.trainable) continue;
    of_parameters[group.block] += norms.groups[i] * norms.groups[i];
    of_updates[group.block] += squares(group.exact() - *before++);
  }
  const double size = add(metrics, "param_norm", of_parameters);
  const double change = add(metrics, "update_norm", of_updates);
  if (size > 0.0) metrics.set("update_ratio", change / size);
}

}  // namespace roux
