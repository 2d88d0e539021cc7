#include "roux/ops/norm.h"

#include "ops/reference.h"

namespace roux::ops {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                    double weight_offset) {
  return reference::rms_norm(x, weight, eps, weight_offset);
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps) {
  return reference::layer_norm(x, weight, bias, eps);
}

}  // namespace roux::ops
