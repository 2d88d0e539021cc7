#include "roux/nn/token_batch.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <array>
#include <utility>

#include "roux/base/error.h"

namespace roux::nn {
namespace {

// Each span's tokens count from 0; the others are 0.
at::Tensor positions_of(const ops::AttentionLayout& layout, std::int64_t tokens) {
  const at::Tensor positions = at::zeros({tokens}, at::TensorOptions(at::kLong));
  for (const ops::AttentionSpan& span : layout.spans()) {
    positions.narrow(0, span.query_begin, span.query_length)
        .copy_(at::arange(span.query_length, positions.options()));
  }
  return positions;
}

TokenBatch batch_of(at::Tensor ids, ops::AttentionLayout layout) {
  at::Tensor positions = positions_of(layout, ids.size(0)).to(ids.device());
  return {std::move(ids), std::move(positions), std::move(layout)};
}

}  // namespace

TokenBatch TokenBatch::packed(at::Tensor ids, std::span<const std::int64_t> cu_seqlens) {
  require(!cu_seqlens.empty() && cu_seqlens.back() == ids.size(0),
          "TokenBatch::packed: cu_seqlens must end with the number of tokens");
  return batch_of(std::move(ids), ops::AttentionLayout::packed(cu_seqlens));
}

TokenBatch TokenBatch::single(at::Tensor ids) {
  const std::array<std::int64_t, 2> bounds{0, ids.size(0)};
  return packed(std::move(ids), bounds);
}

TokenBatch TokenBatch::padded(const at::Tensor& ids, std::span<const std::int64_t> lengths,
                              ops::PaddingSide side) {
  require(ids.dim() == 2 && ids.size(0) == static_cast<std::int64_t>(lengths.size()),
          "TokenBatch::padded: a length for each row");
  return batch_of(ids.flatten(), ops::AttentionLayout::padded(lengths, ids.size(1), side));
}

at::Tensor TokenBatch::real_tokens() const {
  const at::Tensor real = at::zeros({tokens()}, at::TensorOptions(at::kBool));
  for (const ops::AttentionSpan& span : layout.spans()) {
    real.narrow(0, span.query_begin, span.query_length).fill_(true);
  }
  return real.to(ids.device());
}

}  // namespace roux::nn
