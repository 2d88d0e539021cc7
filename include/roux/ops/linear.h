#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// x · weightᵀ + bias: [rows, in] -> [rows, out]. `bias` may be undefined.
//
// Where a parameter has its gradient already (nn::FlatParameters lays them out), backward() adds to
// it in place, in float32 also where the weight is bfloat16, and autograd makes none: so
// torch::autograd::grad() finds nothing for it.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

}  // namespace roux::ops
