#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "roux/ops/activation.h"
#include "roux/ops/rotary.h"

// The forward and backward passes of operations that go row by row, on the CPU, by kernels: what
// autograd (pointwise.cpp) is given. Each may be called where runs_by_kernel() says so.
namespace roux::ops::passes {

// Whether there are kernels of this CPU for such a tensor: on the CPU, float32 or bfloat16.
bool runs_by_kernel(const at::Tensor& x);

// What is kept for the backward pass beside the inputs: a float32 for each row (two for
// layer_norm), mean and inverse deviation.
struct Normed {
  at::Tensor y;
  at::Tensor stats;
};
struct NormGradients {
  at::Tensor x;
  at::Tensor weight;
  at::Tensor bias;
};

// x: contiguous, or rows with a stride. What is undefined in `weight` and `bias` is not there.
Normed rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, double weight_offset);
NormGradients rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& stats,
                                const at::Tensor& weight, double weight_offset, bool wants_weight);
Normed layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  double eps);
NormGradients layer_norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                  const at::Tensor& stats, const at::Tensor& weight,
                                  const at::Tensor& bias, bool wants_weight, bool wants_bias);

at::Tensor activate(const at::Tensor& x, Activation activation);
at::Tensor activate_backward(const at::Tensor& dy, const at::Tensor& x, Activation activation);
at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation);
// Of gate and of up.
std::pair<at::Tensor, at::Tensor> gated_backward(const at::Tensor& dy, const at::Tensor& gate,
                                                 const at::Tensor& up, Activation activation);

// `back`: turned the other way, which is the backward pass.
at::Tensor rotate(const at::Tensor& x, const Rotation& rotation, bool back);

// Throws Error, naming the id and its place, if one of `ids` (on the CPU) is outside the
// vocabulary.
void check_ids(const at::Tensor& ids, std::int64_t vocabulary);
at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids);
at::Tensor embedding_backward(const at::Tensor& dy, const at::Tensor& ids, std::int64_t vocabulary);
// The same, added to what is in `gradient`: float32, [vocabulary, dim], contiguous.
void add_embedding_gradient(const at::Tensor& gradient, const at::Tensor& dy,
                            const at::Tensor& ids);

// Its own backward pass.
at::Tensor dropout(const at::Tensor& x, double p, std::uint64_t key, std::uint64_t first_element);

}  // namespace roux::ops::passes
