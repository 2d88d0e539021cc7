#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace roux::ops {

struct CrossEntropyOptions {
  // The share of the target's probability that is spread evenly over the vocabulary.
  double label_smoothing = 0.0;

  // Adds z_loss * logsumexp(logits)² for each target, which keeps the logits from drifting.
  double z_loss = 0.0;

  // Logits go through softcap * tanh(logit / softcap); 0: they don't.
  double softcap = 0.0;

  // Tokens of this target count for nothing.
  std::int64_t ignore_index = -100;

  // Rows whose logits are held at a time; 0: chosen by the shape.
  std::int64_t chunk_rows = 0;
};

// The last projection and the cross-entropy in one, without ever holding the logits of the whole
// batch: logits = hidden · weightᵀ + bias, a chunk of rows at a time, softmax in float32.
//
// hidden: [tokens, dim]; weight: [vocabulary, dim]; bias: [vocabulary] or undefined; targets:
// [tokens], int64. A target outside the vocabulary that is not ignore_index throws.

// The sum over all targets that count: a float32 scalar (float64 for float64). Its gradients are
// computed along the way, where any is asked for, so that its backward pass, which can run once,
// only multiplies them by what comes in.
at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight,
                                const at::Tensor& bias, const at::Tensor& targets,
                                const CrossEntropyOptions& options = {});

// Where the weight's gradient goes while the loss is computed, so that no memory of the weight's
// size is needed beside it: a part of the flat gradients.
struct WeightGradient {
  at::Tensor into;  // [vocabulary, dim], float32 (float64 for float64), whatever the weight's dtype

  // What the loss's backward pass will be called with. All gradients are made for it, and the
  // backward pass throws if it is given something else.
  double scale = 1.0;

  // Added to what is there, or written over it: then `into` needn't be zeroed before.
  bool add = true;
};

// The same sum. Unless gradients are off (NoGradGuard), the weight's is in `gradient.into` when
// this returns, even if the weight itself doesn't require one (a copy in another dtype), and
// autograd gives the weight none; its post-accumulate hooks still run in the backward pass.
at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& weight,
                                const at::Tensor& bias, const at::Tensor& targets,
                                const CrossEntropyOptions& options, const WeightGradient& gradient);

// The loss of each token, zero where it is ignored: [tokens], float32 (float64 for float64). The
// backward pass computes the logits again. Without options it is minus the log-probability of the
// targets: what scores a text.
at::Tensor linear_cross_entropy_per_token(const at::Tensor& hidden, const at::Tensor& weight,
                                          const at::Tensor& bias, const at::Tensor& targets,
                                          const CrossEntropyOptions& options = {});

}  // namespace roux::ops
