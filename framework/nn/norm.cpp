#include "roux/nn/norm.h"

#include "roux/ops/norm.h"

namespace roux::nn {

Norm::Norm(std::int64_t dim, const NormOptions& options) : options_(options) {
  parameter(weight_, "weight", {dim}, Init::constant(1.0 - options.weight_offset));
  if (options.kind == NormKind::Layer) parameter(bias_, "bias", {dim}, Init::zeros());
}

at::Tensor Norm::forward(const at::Tensor& x) {
  if (options_.kind == NormKind::Layer) return ops::layer_norm(x, weight_, bias_, options_.eps);
  return ops::rms_norm(x, weight_, options_.eps, options_.weight_offset);
}

}  // namespace roux::nn
