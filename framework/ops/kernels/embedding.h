#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// The sum, in float32 and in their order, of the rows of dy at `places`.
template <typename T>
using SumRowsKernel = void (*)(const T* dy, const std::int64_t* places, std::int64_t count,
                               std::int64_t dim, T* sum);

struct EmbeddingKernels {
  SumRowsKernel<float> float32;
  SumRowsKernel<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(EmbeddingKernels, embedding_kernels)

}  // namespace roux::ops
