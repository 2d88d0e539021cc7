#include "roux/nn/expert_projection.h"

#include "roux/base/error.h"
#include "roux/ops/moe.h"

namespace roux::nn {

std::string ExpertProjection::shape() const {
  return cat(experts(), " experts of ", in_features(), " x ", out_features());
}

StackedLinear::StackedLinear(std::int64_t experts, std::int64_t in_features,
                             std::int64_t out_features, Init weight_init) {
  parameter(weight_, "weight", {experts, out_features, in_features}, weight_init);
}

at::Tensor StackedLinear::forward(const at::Tensor& rows,
                                  const std::vector<std::int64_t>& offsets) {
  return ops::grouped_linear(rows, weight_, offsets);
}

}  // namespace roux::nn
