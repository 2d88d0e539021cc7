#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// How numbers lie in memory. Kernels compute in `T`, which is float, or double for Float64.
enum class Stored { Float32, Float64, BFloat16, Float16 };

template <typename T>
struct AdamWNumbers {
  T gradient_scale;
  T keep;  // 1 - lr * weight_decay
  T one_minus_beta1;
  T beta2;
  T one_minus_beta2;
  T inverse_bias2;  // 1 / sqrt(1 - beta2^t)
  T eps;
  T step_size;  // lr / (1 - beta1^t)
};

template <typename T>
struct SgdNumbers {
  T gradient_scale;
  T weight_decay;
  T momentum;
  T added;  // share of the gradient that the momentum takes
  T lr;
  bool nesterov;
};

template <typename T>
struct LionNumbers {
  T gradient_scale;
  T keep;
  T beta1;
  T beta2;
  T lr;
};

// A part of a row of a matrix under Adafactor: what its squares are estimated by, and how it is
// stepped.
template <typename T>
struct AdafactorNumbers {
  T gradient_scale;
  T row;    // times columns[j]: the estimate
  T floor;  // of the estimate
  T keep;
  T step_size;
};

// The 256 values that a code of 8 bits stands for, sorted, and the way back. Sizes lie in decades,
// each cut into equal parts whose middles are the values; so within one, a size's number among all
// sizes is a linear function of it, without its fraction.
struct CodeMap {
  static constexpr int kDecades = 7;

  struct Decade {
    float from;  // the least size that counts to it
    float slope;
    float offset;
    float most;  // the number of its last value
  };
  struct Back {
    Decade decades[kDecades];
    float one_from;     // the least size whose value is 1
    std::int32_t zero;  // the code of 0
  };

  float values[256];
  Back back;
};

// Blocks of AdamW's 8-bit states have this many numbers; a tensor's last may have fewer.
inline constexpr std::int64_t kStateBlock = 256;

template <typename T>
struct OptimizerKernels {
  void (*widen)(const void* from, Stored stored, T* to, std::int64_t count);
  // To the nearest, ties to even.
  void (*narrow)(const T* from, void* to, Stored stored, std::int64_t count);

  // Up or down to bfloat16 by 16 bits of chance: half i % 8 of philox(key, {i / 8, 0}), low halves
  // first, for the number at index i.
  void (*narrow_by_chance)(const T* from, std::uint16_t* to, std::int64_t count, std::uint64_t key,
                           std::uint64_t first);

  // `largest` is null without amsgrad.
  void (*adamw)(T* values, const T* gradients, T* means, T* squares, T* largest, std::int64_t count,
                const AdamWNumbers<T>& numbers);
  // `momenta` is null without momentum.
  void (*sgd)(T* values, const T* gradients, T* momenta, std::int64_t count,
              const SgdNumbers<T>& numbers);
  void (*lion)(T* values, const T* gradients, T* means, std::int64_t count,
               const LionNumbers<T>& numbers);

  // Adds the squares to `columns`, if not null, and returns their sum.
  T (*add_squares)(const T* gradients, T scale, T* columns, std::int64_t count);
  // The sum of the squares of an update.
  T(*adafactor_squares)
  (const T* gradients, const T* columns, std::int64_t count, const AdafactorNumbers<T>& numbers);
  void (*adafactor)(T* values, const T* gradients, const T* columns, std::int64_t count,
                    const AdafactorNumbers<T>& numbers);

  // In double, whatever T is.
  double (*sum_of_squares)(const void* numbers, Stored stored, std::int64_t count);

  // A block of an 8-bit state; encode() returns the scale.
  void (*decode)(const std::uint8_t* codes, float scale, const CodeMap& map, T* to,
                 std::int64_t count);
  float (*encode)(const T* from, const CodeMap& map, std::uint8_t* codes, std::int64_t count);
};

ROUX_DECLARE_KERNELS(OptimizerKernels<float>, optimizer_kernels)

// For any CPU.
namespace portable {
extern const OptimizerKernels<float> optimizer_kernels;
extern const OptimizerKernels<double> optimizer_kernels_of_double;
}  // namespace portable

}  // namespace roux::ops
