#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// Rows of `dim` numbers, one after the other unless a stride is given. `gain` is what a normalised
// number is multiplied by (weight and offset), or null for ones.
template <typename T>
struct NormKernelsOf {
  // y = x / sqrt(mean(x²) + eps) * gain.
  void (*rms_forward)(const T* x, std::int64_t stride, const float* gain, float eps, T* y,
                      float* inverse, std::int64_t rows, std::int64_t dim);
  // Sums over the rows go to dgain (null: not wanted).
  void (*rms_backward)(const T* dy, const T* x, std::int64_t stride, const float* gain,
                       const float* inverse, T* dx, float* dgain, std::int64_t rows,
                       std::int64_t dim);

  // y = (x - mean) * inverse * gain + bias; `stats` holds both of each row.
  void (*layer_forward)(const T* x, std::int64_t stride, const float* gain, const float* bias,
                        float eps, T* y, float* stats, std::int64_t rows, std::int64_t dim);
  void (*layer_backward)(const T* dy, const T* x, std::int64_t stride, const float* gain,
                         const float* stats, T* dx, float* dgain, float* dbias, std::int64_t rows,
                         std::int64_t dim);
};

struct NormKernels {
  NormKernelsOf<float> float32;
  NormKernelsOf<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(NormKernels, norm_kernels)

}  // namespace roux::ops
