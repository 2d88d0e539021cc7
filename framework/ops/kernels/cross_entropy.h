#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// Rows of logits, and what is made of them.
struct CrossEntropyRows {
  float* logits = nullptr;  // row after row; written over
  std::int64_t vocabulary = 0;
  const float* bias = nullptr;            // added to each row, or null
  const std::int64_t* targets = nullptr;  // one a row, all within the vocabulary
  const float* scales = nullptr;          // what each row's gradient is multiplied by, or null
  double scale = 1.0;                     // what all gradients are multiplied by
  double* losses = nullptr;               // one a row: the result
  double label_smoothing = 0.0;
  double z_loss = 0.0;
  double softcap = 0.0;
};

// Each works on the rows [begin, end), and looks at no other.
struct CrossEntropyKernels {
  void (*losses)(const CrossEntropyRows& rows, std::int64_t begin, std::int64_t end);

  // Also leaves the gradient of the logits in their place.
  void (*gradients)(const CrossEntropyRows& rows, std::int64_t begin, std::int64_t end);

  // The same in bfloat16, in the first half of each row's bytes.
  void (*gradients_bfloat16)(const CrossEntropyRows& rows, std::int64_t begin, std::int64_t end);
};

ROUX_DECLARE_KERNELS(CrossEntropyKernels, cross_entropy_kernels)

}  // namespace roux::ops
