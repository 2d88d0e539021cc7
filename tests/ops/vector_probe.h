#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// kernels/vector.h of one level, seen from a test.
struct VectorProbe {
  using Unary = void (*)(const float* x, float* y, std::int64_t count);

  std::int64_t lanes;
  Unary exp, sigmoid, tanh, erf, rsqrt, sqrt, round, negated_abs;
  Unary sums, maxima;  // of each group of lanes, one number
  void (*to_bfloat16)(const float* x, std::uint16_t* y, std::int64_t count);
  void (*from_bfloat16)(const std::uint16_t* x, float* y, std::int64_t count);
  void (*scalar_to_bfloat16)(const float* x, std::uint16_t* y, std::int64_t count);
  // c - a * b, rounded once; the smaller where `less` says so.
  void (*fnma)(const float* a, const float* b, float* c, std::int64_t count);
  void (*smaller)(const float* a, const float* b, float* c, std::int64_t count);
};
ROUX_DECLARE_KERNELS(VectorProbe, vector_probe)

}  // namespace roux::ops
