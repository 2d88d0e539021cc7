#include "roux/ops/linear_cross_entropy.h"

#include "ops/reference.h"

namespace roux::ops {

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight,
                                const at::Tensor& bias, const at::Tensor& targets,
                                const CrossEntropyOptions& options) {
  return reference::linear_cross_entropy_per_token(hidden, weight, bias, targets, options).sum();
}

at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options) {
  return reference::linear_cross_entropy_per_token(hidden, weight, bias, targets, options);
}

}  // namespace roux::ops
