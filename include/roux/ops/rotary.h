#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "roux/ops/rotary_scaling.h"

namespace roux::ops {

// Radians that each pair of elements turns from one position to the next, and the factor that cos
// and sin are multiplied by.
struct RotaryFrequencies {
  std::vector<float> radians;  // [rotary_dim / 2]
  double scale = 1.0;
};

// `length` is the number of positions of the longest text at hand: longrope alone looks at it.
RotaryFrequencies rotary_frequencies(std::int64_t rotary_dim, double theta,
                                     const RotaryScaling& scaling, std::int64_t length);

// The angles of the tokens of a batch: computed once, used by every layer.
struct Rotation {
  at::Tensor cos;  // [tokens, rotary_dim / 2], float32
  at::Tensor sin;
};

// `positions`: [tokens], int64.
Rotation make_rotation(const at::Tensor& positions, const RotaryFrequencies& frequencies);

// Turns the first 2 * rotary_dim / 2 elements of each head, element i with element i + rotary_dim /
// 2 (the halves of Hugging Face's checkpoints); what is beyond them stays. x: [tokens, heads,
// head_dim]; the result has its dtype.
at::Tensor rotate(const at::Tensor& x, const Rotation& rotation);

}  // namespace roux::ops
