#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// y[i] = x[i] * scale, or 0 where the upper 53 bits of RandomStream::bits(first + i) of that key
// are below `threshold`.
template <typename T>
using DropoutKernel = void (*)(const T* x, T* y, std::int64_t count, float scale,
                               std::uint64_t threshold, std::uint64_t key, std::uint64_t first);

struct DropoutKernels {
  DropoutKernel<float> float32;
  DropoutKernel<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(DropoutKernels, dropout_kernels)

}  // namespace roux::ops
