#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// y[row, i] = x[row] . weight[i] for i in [0, count): rows of x follow each other, those of weight
// and y are so many numbers apart.
template <typename T>
struct FewRowsProblem {
  const float* x;
  std::int64_t rows;
  std::int64_t dim;
  const T* weight;
  std::int64_t weight_stride;
  T* y;
  std::int64_t y_stride;
  std::int64_t count;
};

template <typename T>
using FewRowsKernel = void (*)(const FewRowsProblem<T>& problem);

struct FewRowsKernels {
  FewRowsKernel<float> float32;
  FewRowsKernel<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(FewRowsKernels, few_rows_kernels)

}  // namespace roux::ops
