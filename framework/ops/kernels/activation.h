#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// `count` numbers in a row; the index is that of the activation (roux/ops/activation.h).
template <typename T>
struct ActivationKernelsOf {
  static constexpr int kKinds = 4;

  void (*forward[kKinds])(const T* x, T* y, std::int64_t count);
  void (*backward[kKinds])(const T* dy, const T* x, T* dx, std::int64_t count);
  void (*gated_forward[kKinds])(const T* gate, const T* up, T* y, std::int64_t count);
  void (*gated_backward[kKinds])(const T* dy, const T* gate, const T* up, T* dgate, T* dup,
                                 std::int64_t count);
};

struct ActivationKernels {
  ActivationKernelsOf<float> float32;
  ActivationKernelsOf<std::uint16_t> bfloat16;
};
ROUX_DECLARE_KERNELS(ActivationKernels, activation_kernels)

}  // namespace roux::ops
