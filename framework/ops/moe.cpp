#include "roux/ops/moe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/div.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

namespace roux::ops {
namespace {

at::Tensor probabilities_of(const at::Tensor& logits) {
  return at::softmax(logits, -1, logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
}

}  // namespace

Routing route(const at::Tensor& logits, std::int64_t top_k, bool normalise) {
  auto [weights, experts] = at::topk(probabilities_of(logits), top_k, -1);
  if (normalise) weights = weights / weights.sum(-1, /*keepdim=*/true);
  return {experts, weights};
}

ExpertOrder order_by_expert(const at::Tensor& experts, std::int64_t num_experts) {
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

at::Tensor grouped_linear(const at::Tensor& x, const at::Tensor& weight,
                          const std::vector<std::int64_t>& offsets) {
  std::vector<at::Tensor> parts;
  for (std::size_t e = 0; e + 1 < offsets.size(); ++e) {
    if (offsets[e + 1] == offsets[e]) continue;
    const at::Tensor rows = x.narrow(0, offsets[e], offsets[e + 1] - offsets[e]);
    parts.push_back(at::matmul(rows, weight.select(0, static_cast<std::int64_t>(e)).t()));
  }
  if (parts.empty()) return at::zeros({0, weight.size(1)}, x.options());
  return at::cat(parts, 0);
}

at::Tensor combine_experts(const at::Tensor& rows, const at::Tensor& weights,
                           const ExpertOrder& order) {
  const at::Tensor weighted =
      rows * weights.flatten().index_select(0, order.slot).to(rows.scalar_type()).unsqueeze(1);
  return at::zeros({weights.size(0), rows.size(1)}, rows.options())
      .index_add(0, order.token, weighted);
}

at::Tensor load_balancing_loss(const at::Tensor& logits, const at::Tensor& experts,
                               const at::Tensor& counts) {
  const std::int64_t num_experts = logits.size(1);
  at::Tensor probabilities = probabilities_of(logits);
  at::Tensor chosen = at::one_hot(experts, num_experts).sum(1).to(probabilities.scalar_type());
  if (counts.defined()) {
    probabilities = probabilities.index({counts});
    chosen = chosen.index({counts});
  }
  return (chosen.mean(0) * probabilities.mean(0)).sum() * num_experts;
}

}  // namespace roux::ops
