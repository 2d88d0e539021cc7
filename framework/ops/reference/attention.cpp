#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "ops/reference.h"

namespace roux::ops::reference {
namespace {

// [queries, keys]: true where a query must not look.
at::Tensor hidden_keys(const AttentionSpan& span, const AttentionOptions& options,
                       const at::Device device) {
  const auto integers = at::TensorOptions(at::kLong).device(device);
  const std::int64_t ahead = span.key_length - span.query_length;
  const at::Tensor query = at::arange(span.query_length, integers).unsqueeze(1) + ahead;
  const at::Tensor key = at::arange(span.key_length, integers).unsqueeze(0);
  at::Tensor hidden = key > query;
  if (options.window) hidden = hidden.logical_or(key <= query - *options.window);
  return hidden;
}

at::Tensor one_span(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const AttentionSpan& span, const AttentionOptions& options) {
  const std::int64_t groups = q.size(1) / k.size(1);
  const double scale = options.scale.value_or(1.0 / std::sqrt(static_cast<double>(q.size(2))));
  const auto compute = q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto rows = [&](const at::Tensor& x, std::int64_t begin, std::int64_t length) {
    return x.narrow(0, begin, length).to(compute).transpose(0, 1);  // [heads, rows, dim]
  };
  const at::Tensor queries = rows(q, span.query_begin, span.query_length);
  const at::Tensor keys = rows(k, span.key_begin, span.key_length).repeat_interleave(groups, 0);
  const at::Tensor values = rows(v, span.key_begin, span.key_length).repeat_interleave(groups, 0);

  at::Tensor scores = at::matmul(queries, keys.transpose(1, 2)) * scale;
  if (options.softcap > 0.0) scores = at::tanh(scores / options.softcap) * options.softcap;
  if (options.causal) {
    scores = scores.masked_fill(hidden_keys(span, options, q.device()),
                                -std::numeric_limits<double>::infinity());
  }
  return at::matmul(at::softmax(scores, -1), values).transpose(0, 1).to(q.scalar_type());
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const AttentionLayout& layout, const AttentionOptions& options) {
  // Zeros wherever no span writes. index_put and slices of an output would serve as well; a
  // concatenation keeps autograd simple, and spans of a batch lie in order.
  std::vector<at::Tensor> parts;
  std::int64_t row = 0;
  const auto fill_to = [&](std::int64_t end) {
    if (end > row) parts.push_back(at::zeros({end - row, q.size(1), v.size(2)}, q.options()));
    row = end;
  };
  for (const AttentionSpan& span : layout.spans()) {
    if (span.query_length == 0) continue;
    fill_to(span.query_begin);
    parts.push_back(one_span(q, k, v, span, options));
    row = span.query_begin + span.query_length;
  }
  fill_to(q.size(0));
  // A text of nothing, so that a batch without any has its (zero) gradients all the same.
  parts.push_back(one_span(q, k, v, {.query_begin = q.size(0)}, options));
  return at::cat(parts, 0);
}

}  // namespace roux::ops::reference
