#pragma once

#include "roux/ops/cpu_level.h"

// A kernel file is compiled once for each level of CPU (roux_add_kernels in tools/cmake), with
// ROUX_LEVEL naming the level's namespace. It includes neither ATen nor the standard library's
// templates: the linker keeps one copy of an inline function, and the copy of another level would
// be an illegal instruction on an older CPU. <immintrin.h>, <cstdint> and the C functions of
// <math.h> are safe; whatever else a kernel uses lies in its level's namespace (kernels/vector.h).
//
// Its functions go into a table, a struct of function pointers:
//
//   kernels/norm.h:    struct NormKernels { void (*rms_norm)(const float* x, ...); };
//                      ROUX_DECLARE_KERNELS(NormKernels, norm_kernels)
//   kernels/norm.cpp:  namespace roux::ops::ROUX_LEVEL { const NormKernels norm_kernels{...}; }
//   norm.cpp:          if (const NormKernels* kernels = find_norm_kernels()) ...
//
// find_…() gives the table for cpu_level(), or nullptr where there is none: then the reference
// runs. A test asks for another level with LevelOverride (ops/level_override.h).
#if defined(__x86_64__)
#define ROUX_DECLARE_KERNELS(Table, name)                             \
  namespace avx2 {                                                    \
  extern const Table name;                                            \
  }                                                                   \
  namespace avx512 {                                                  \
  extern const Table name;                                            \
  }                                                                   \
  namespace avx512_bf16 {                                             \
  extern const Table name;                                            \
  }                                                                   \
  inline const Table* find_##name() {                                 \
    return pick_kernels(avx2::name, avx512::name, avx512_bf16::name); \
  }
#else
#define ROUX_DECLARE_KERNELS(Table, name) \
  inline const Table* find_##name() {     \
    return nullptr;                       \
  }
#endif

namespace roux::ops {

template <typename Table>
const Table* pick_kernels(const Table& avx2, const Table& avx512, const Table& avx512_bf16) {
  switch (cpu_level()) {
    case CpuLevel::Reference:
      return nullptr;
    case CpuLevel::Avx2:
      return &avx2;
    case CpuLevel::Avx512:
      return &avx512;
    case CpuLevel::Avx512Bf16:
      return &avx512_bf16;
  }
  return nullptr;
}

}  // namespace roux::ops
