#include <ATen/TensorOperators.h>
#include <ATen/ops/rsqrt.h>

#include "ops/reference.h"

namespace roux::ops::reference {
namespace {

// float32 at least: float64 stays.
at::Tensor widened(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                    double weight_offset) {
  const at::Tensor wide = widened(x);
  at::Tensor y = wide * at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps);
  if (weight.defined()) y = y * (widened(weight) + weight_offset);
  return y.to(x.scalar_type());
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps) {
  const at::Tensor wide = widened(x);
  const at::Tensor centred = wide - wide.mean(-1, /*keepdim=*/true);
  at::Tensor y = centred * at::rsqrt(centred.square().mean(-1, /*keepdim=*/true) + eps);
  if (weight.defined()) y = y * widened(weight);
  if (bias.defined()) y = y + widened(bias);
  return y.to(x.scalar_type());
}

}  // namespace roux::ops::reference
