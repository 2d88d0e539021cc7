#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// Both work over the last dimension, in float32 inside (float64 for float64), and give x's dtype.
// An undefined weight stands for ones, an undefined bias for zeros.

// y = x / sqrt(mean(x²) + eps) * (weight_offset + weight). Gemma's weights are stored around zero:
// its offset is 1.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                    double weight_offset = 0.0);

// y = (x - mean(x)) / sqrt(var(x) + eps) * weight + bias, with the variance of the whole
// population.
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps);

}  // namespace roux::ops
