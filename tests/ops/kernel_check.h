#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "support/gradcheck.h"

namespace roux::ops {

// An operation forward, and backward from fixed gradients of its results.
struct Passes {
  std::vector<at::Tensor> results;
  std::vector<at::Tensor> gradients;  // of each input; undefined where it needs none
};
Passes run_passes(const TensorFunction& operation, const std::vector<at::Tensor>& inputs);

// `inputs`: float64 ones are narrowed to float32 and to bfloat16, others stay. At every level that
// this CPU has, results and gradients are those of the same numbers in float64 (within the dtype's
// precision times `slack`), and the same bits on one thread, on two, and on two at a time.
void expect_kernels_match(const std::string& what, const TensorFunction& operation,
                          const std::vector<at::Tensor>& inputs, double slack = 1.0);

}  // namespace roux::ops
