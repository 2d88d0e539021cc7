#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>

#include "ops/reference.h"
#include "roux/ops/cross_entropy.h"

namespace roux::ops::reference {

at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options) {
  at::Tensor logits = at::matmul(hidden, weight.t());
  if (bias.defined()) logits = logits + bias;
  return cross_entropy_per_token(logits, targets, options);
}

}  // namespace roux::ops::reference
