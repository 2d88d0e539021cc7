#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace roux::ops {

// Which experts each token goes to, and what their answers are weighted by.
struct Routing {
  at::Tensor experts;  // [tokens, top_k], int64; the most probable first
  at::Tensor weights;  // [tokens, top_k], float32
};

// Softmax over the experts in float32, then the top k; `normalise` makes the k weights sum to 1.
// logits: [tokens, experts].
Routing route(const at::Tensor& logits, std::int64_t top_k, bool normalise);

// The tokens in the order of their experts, so that each expert's lie together.
struct ExpertOrder {
  at::Tensor token;  // [tokens * top_k], int64: the token of each row
  at::Tensor slot;   // [tokens * top_k], int64: its place in Routing::weights, flat
  std::vector<std::int64_t> offsets;  // [experts + 1]: expert e has rows [offsets[e], offsets[e+1])
};

ExpertOrder order_by_expert(const at::Tensor& experts, std::int64_t num_experts);

// Rows [offsets[e], offsets[e + 1]) of x times weight[e]ᵀ, for each e.
// x: [rows, in]; weight: [experts, out, in]; result: [rows, out].
at::Tensor grouped_linear(const at::Tensor& x, const at::Tensor& weight,
                          const std::vector<std::int64_t>& offsets);

// The sum of rows that belong to one token, each times its weight: [tokens, dim].
// rows: [tokens * top_k, dim] in the order of `order`; weights: Routing::weights.
at::Tensor combine_experts(const at::Tensor& rows, const at::Tensor& weights,
                           const ExpertOrder& order);

// Switch Transformer's load-balancing loss over the tokens of a batch: experts * sum over experts
// of (share of the choices that fell on it, summed over the k places) * (its mean probability); 1
// per place when all is even. Rows where `counts` (bool [tokens], or undefined) is false are left
// out.
at::Tensor load_balancing_loss(const at::Tensor& logits, const at::Tensor& experts,
                               const at::Tensor& counts = {});

}  // namespace roux::ops
