#pragma once

#include <ATen/core/Tensor.h>

#include "roux/ops/linear_cross_entropy.h"

namespace roux::ops {

struct CrossEntropyInputs {
  at::Tensor hidden;
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor targets;
  CrossEntropyOptions options;
};

// Which gradients are wanted, of what: the sum over the tokens of scale * scales[token] * loss.
struct CrossEntropyWants {
  bool hidden = false;
  bool weight = false;
  bool bias = false;
  double scale = 1.0;
  at::Tensor scales;       // [tokens], or undefined: all 1
  at::Tensor weight_into;  // where the weight's goes; undefined: into memory of its own
  bool add = false;        // onto what is there
};

// What is not wanted is undefined.
struct CrossEntropyResult {
  at::Tensor losses;  // [tokens], float64, on the inputs' device; zero where ignored
  at::Tensor hidden;  // in hidden's dtype
  at::Tensor weight;  // in float32, or float64
  at::Tensor bias;    // likewise
};

// Walks over the tokens that count, a chunk of logits at a time. Throws Error at a target outside
// the vocabulary. Records nothing for autograd.
CrossEntropyResult cross_entropy_in_chunks(const CrossEntropyInputs& inputs,
                                           const CrossEntropyWants& wants);

}  // namespace roux::ops
