#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// result = a · b + beta * result, with beta 0 or 1; what is in `result` doesn't matter if it is 0.
//
// a: [m, k], b: [k, n], of one dtype; result: [m, n], rows one after the other, in their dtype or,
// for bfloat16 and float16, in float32: then nothing is rounded on the way.
void matmul_into(const at::Tensor& result, const at::Tensor& a, const at::Tensor& b, double beta);

}  // namespace roux::ops
