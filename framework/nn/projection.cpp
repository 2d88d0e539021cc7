#include "roux/nn/projection.h"

#include "roux/base/error.h"
#include "roux/ops/linear.h"

namespace roux::nn {

std::string Projection::shape() const {
  return cat(in_features(), " x ", out_features());
}

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool bias, Init weight_init) {
  parameter(weight_, "weight", {out_features, in_features}, weight_init);
  if (bias) parameter(bias_, "bias", {out_features}, Init::zeros());
}

at::Tensor Linear::forward(const at::Tensor& x) {
  return ops::linear(x, weight_, bias_);
}

}  // namespace roux::nn
