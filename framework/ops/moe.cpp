#include "roux/ops/moe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "roux/base/error.h"

namespace roux::ops {
namespace {

at::Tensor probabilities_of(const at::Tensor& logits) {
  return at::softmax(logits, -1, logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
}

// Counting instead of comparing: one pass to count, one to place.
ExpertOrder order_on_cpu(const at::Tensor& experts, std::int64_t num_experts) {
  const at::Tensor flat = experts.contiguous();
  const std::int64_t top_k = experts.size(1);
  const std::int64_t rows = flat.numel();
  const auto* expert = flat.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(num_experts) + 1, 0);
  for (std::int64_t i = 0; i < rows; ++i) {
    if (expert[i] < 0 || expert[i] >= num_experts) {
      throw Error(cat("order_by_expert: an expert must be at least 0 and less than ", num_experts,
                      ", but a choice of token ", i / top_k, " is ", expert[i]));
    }
    ++offsets[static_cast<std::size_t>(expert[i]) + 1];
  }
  for (std::size_t e = 1; e < offsets.size(); ++e) offsets[e] += offsets[e - 1];

  const at::Tensor token = at::empty({rows}, flat.options());
  const at::Tensor slot = at::empty({rows}, flat.options());
  auto* tokens = token.mutable_data_ptr<std::int64_t>();
  auto* slots = slot.mutable_data_ptr<std::int64_t>();
  std::vector<std::int64_t> next(offsets.begin(), offsets.end() - 1);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t row = next[static_cast<std::size_t>(expert[i])]++;
    tokens[row] = i / top_k;
    slots[row] = i;
  }
  return {token, slot, std::move(offsets)};
}

}  // namespace

Routing route(const at::Tensor& logits, std::int64_t top_k, bool normalise) {
  RECORD_FUNCTION("roux::route", c10::ArrayRef<c10::IValue>{});
  require(logits.dim() == 2 && top_k >= 1 && top_k <= logits.size(1),
          "route: logits are [tokens, experts], and top_k is from 1 to the number of experts");
  auto [weights, experts] = at::topk(probabilities_of(logits), top_k, -1);
  if (normalise) weights = weights / weights.sum(-1, /*keepdim=*/true);
  return {experts, weights};
}

ExpertOrder order_by_expert(const at::Tensor& experts, std::int64_t num_experts) {
  RECORD_FUNCTION("roux::order_by_expert", c10::ArrayRef<c10::IValue>{});
  require(experts.dim() == 2 && experts.scalar_type() == at::kLong,
          "order_by_expert: experts are [tokens, top_k], int64");
  if (experts.device().is_cpu()) return order_on_cpu(experts, num_experts);

  const at::Tensor flat = experts.flatten();
  const at::Tensor slot = at::argsort(flat, /*stable=*/true);
  const at::Tensor token = at::div(slot, experts.size(1), "floor");
  const at::Tensor counts = at::bincount(flat, {}, num_experts).cpu();
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(num_experts) + 1, 0);
  for (std::size_t e = 0; e + 1 < offsets.size(); ++e) {
    offsets[e + 1] = offsets[e] + counts.const_data_ptr<std::int64_t>()[e];
  }
  return {token, slot, std::move(offsets)};
}

at::Tensor combine_experts(const at::Tensor& rows, const at::Tensor& weights,
                           const ExpertOrder& order) {
  RECORD_FUNCTION("roux::combine_experts", c10::ArrayRef<c10::IValue>{});
  const std::int64_t count = order.slot.size(0);
  require(
      rows.dim() == 2 && rows.size(0) == count && weights.dim() == 2 && weights.numel() == count,
      "combine_experts: rows are [tokens * top_k, dim], weights [tokens, top_k]");
  // Back into the order of the tokens: each sums its own rows, in the order of its choices, on
  // whichever thread. Weights are of float32, and so are the products.
  const at::Tensor row_of_slot =
      at::empty_like(order.slot)
          .index_copy_(0, order.slot, at::arange(count, order.slot.options()));
  const at::Tensor of_tokens =
      rows.index_select(0, row_of_slot).view({weights.size(0), weights.size(1), rows.size(1)});
  return (of_tokens * weights.unsqueeze(2)).sum(1).to(rows.scalar_type());
}

at::Tensor load_balancing_loss(const at::Tensor& logits, const at::Tensor& experts,
                               const at::Tensor& counts) {
  RECORD_FUNCTION("roux::load_balancing_loss", c10::ArrayRef<c10::IValue>{});
  const std::int64_t num_experts = logits.size(1);
  require(experts.dim() == 2 && experts.size(0) == logits.size(0),
          "load_balancing_loss: logits are [tokens, experts], experts [tokens, top_k]");
  at::Tensor probabilities = probabilities_of(logits);
  at::Tensor chosen = at::one_hot(experts, num_experts).sum(1).to(probabilities.scalar_type());
  at::Tensor rows;
  if (counts.defined()) {
    const at::Tensor kept = counts.to(probabilities.scalar_type()).unsqueeze(1);
    probabilities = probabilities * kept;
    chosen = chosen * kept;
    rows = kept.sum().clamp_min(1.0);
  } else {
    rows = at::full({}, static_cast<double>(std::max<std::int64_t>(logits.size(0), 1)),
                    probabilities.options());
  }
  const at::Tensor shares = chosen.sum(0) / rows;
  return (shares * (probabilities.sum(0) / rows)).sum() * static_cast<double>(num_experts);
}

}  // namespace roux::ops
