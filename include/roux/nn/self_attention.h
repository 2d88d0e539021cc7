#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "roux/nn/block_stack.h"
#include "roux/nn/kinds.h"
#include "roux/nn/norm.h"
#include "roux/nn/projection.h"
#include "roux/ops/attention.h"

namespace roux::nn {

struct SelfAttentionOptions {
  std::int64_t dim = 0;
  std::int64_t heads = 0;
  std::int64_t key_heads = 0;  // fewer than heads: grouped queries
  std::int64_t head_dim = 0;
  bool bias = false;  // of the queries', keys' and values' projections
  bool output_bias = false;

  QueryKeyNorm norm = QueryKeyNorm::None;
  NormOptions norm_options;

  // Which of the pass's rotations turns queries and keys; unset: none does.
  std::optional<std::size_t> rotation;

  ops::AttentionOptions attention;

  double init_deviation = 0.02;
  double output_init_deviation = 0.02;
};

// Attention of tokens over the tokens before them, or over a cache.
class SelfAttention final : public Module {
 public:
  // `layer`: the place in the cache.
  SelfAttention(std::int64_t layer, const SelfAttentionOptions& options);

  // [tokens, dim] -> [tokens, dim].
  at::Tensor forward(const at::Tensor& x, const PassContext& context);

 private:
  std::int64_t layer_;
  SelfAttentionOptions options_;
  ProjectionSlot queries_;
  ProjectionSlot keys_;
  ProjectionSlot values_;
  ProjectionSlot output_;
  std::shared_ptr<Norm> query_norm_;  // null: none
  std::shared_ptr<Norm> key_norm_;
};

}  // namespace roux::nn
