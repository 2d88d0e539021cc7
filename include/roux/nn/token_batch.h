#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "roux/ops/attention.h"

namespace roux::nn {

// What a model reads: tokens in one row, and which of them belong together.
struct TokenBatch {
  at::Tensor ids;        // [tokens], int64
  at::Tensor positions;  // [tokens], int64: each token's place in its text
  ops::AttentionLayout layout;

  // Documents one after the other: document i is tokens [cu_seqlens[i], cu_seqlens[i + 1]).
  static TokenBatch packed(at::Tensor ids, std::span<const std::int64_t> cu_seqlens);

  // One text.
  static TokenBatch single(at::Tensor ids);

  // ids: [rows, row length], of which `lengths[row]` tokens are real.
  static TokenBatch padded(const at::Tensor& ids, std::span<const std::int64_t> lengths,
                           ops::PaddingSide side = ops::PaddingSide::Right);

  std::int64_t tokens() const { return ids.size(0); }

  // bool [tokens]: false for what belongs to no text.
  at::Tensor real_tokens() const;
};

}  // namespace roux::nn
