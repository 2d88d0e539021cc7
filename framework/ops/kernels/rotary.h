#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// x: [tokens, heads, dim] with strides; cos and sin: [tokens, half]; y: contiguous. `sign` is 1, or
// -1 to turn back.
template <typename T>
using RotateKernel = void (*)(const T* x, std::int64_t token_stride, std::int64_t head_stride,
                              const float* cos, const float* sin, float sign, T* y,
                              std::int64_t tokens, std::int64_t heads, std::int64_t half,
                              std::int64_t dim);

struct RotaryKernels {
  RotateKernel<float> float32;
  RotateKernel<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(RotaryKernels, rotary_kernels)

}  // namespace roux::ops
