#include "ops/attention_cpu.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "ops/attention_plan.h"
#include "ops/kernels/attention.h"

namespace roux::ops {
namespace {

AttentionTensor describe(const at::Tensor& tensor) {
  return {tensor.data_ptr(), tensor.stride(0), tensor.stride(1)};
}

// Kernels walk the last dimension element by element; rows and heads may have any stride.
at::Tensor dense(const at::Tensor& tensor) {
  return tensor.stride(2) == 1 ? tensor : tensor.contiguous();
}

AttentionProblem describe(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          const AttentionResult& result, const AttentionOptions& options) {
  AttentionProblem problem;
  problem.q = describe(q);
  problem.k = describe(k);
  problem.v = describe(v);
  problem.out = describe(result.out);
  problem.lse = result.lse.data_ptr<float>();
  problem.query_rows = q.size(0);
  problem.heads = q.size(1);
  problem.key_heads = k.size(1);
  problem.head_dim = q.size(2);
  problem.value_dim = v.size(2);
  problem.scale = static_cast<float>(
      options.scale.value_or(1.0 / std::sqrt(static_cast<double>(problem.head_dim))));
  problem.softcap = static_cast<float>(options.softcap);
  problem.causal = options.causal;
  problem.window = options.window.value_or(0);
  return problem;
}

// Threads take the next task when they are done with one. `run(index, space)`.
template <typename Run>
void for_each_task(std::int64_t count, std::int64_t space, const Run& run) {
  const std::int64_t threads = std::min<std::int64_t>(at::get_num_threads(), count);
  if (threads == 0) return;
  const at::Tensor memory = at::empty({threads * space}, at::kFloat);
  auto* const floats = memory.data_ptr<float>();
  std::atomic<std::int64_t> next{0};
  at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t thread = begin; thread < end; ++thread) {
      for (std::int64_t i = next++; i < count; i = next++) run(i, floats + thread * space);
    }
  });
}

void decode(const AttentionKernels& kernels, const AttentionProblem& problem,
            const AttentionLayout& layout) {
  AttentionDecodePlan plan = plan_decode(problem, layout);
  if (plan.tasks.empty()) return;
  std::int64_t most_queries = 0;
  for (const AttentionTask& task : plan.tasks) {
    most_queries = std::max(most_queries, task.query_length);
  }
  const std::int64_t distance = kernels.decode_partial(problem, most_queries);
  const auto count = static_cast<std::int64_t>(plan.tasks.size());
  const at::Tensor memory = at::empty({count * distance}, at::kFloat);
  auto* const partials = memory.data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    plan.tasks[static_cast<std::size_t>(i)].partial = partials + i * distance;
  }
  for_each_task(count, kernels.decode_space(problem, most_queries),
                [&](std::int64_t i, float* space) {
                  kernels.decode(problem, plan.tasks[static_cast<std::size_t>(i)], space);
                });
  for_each_task(static_cast<std::int64_t>(plan.spans.size()), 0, [&](std::int64_t i, float*) {
    const AttentionDecode& span = plan.spans[static_cast<std::size_t>(i)];
    const AttentionTask& task = plan.tasks[span.first];
    kernels.join(problem, task, task.partial, static_cast<std::int64_t>(span.count), distance);
  });
}

at::Tensor make(bool filled, at::IntArrayRef sizes, const at::TensorOptions& options) {
  return filled ? at::empty(sizes, options) : at::zeros(sizes, options);
}

}  // namespace

const AttentionKernels* find_attention_kernels(const at::Tensor& q, const at::Tensor& k,
                                               const at::Tensor& v, const AttentionLayout& layout,
                                               bool with_backward) {
  if (!q.is_cpu() || q.numel() == 0 || k.numel() == 0 || v.numel() == 0) return nullptr;
  if (with_backward && !keys_are_apart(layout)) return nullptr;
  if (q.scalar_type() == at::kFloat) return find_attention_float();
  if (q.scalar_type() == at::kBFloat16) return find_attention_bfloat16();
  return nullptr;
}

AttentionResult attention_cpu(const AttentionKernels& kernels, const at::Tensor& q,
                              const at::Tensor& k, const at::Tensor& v,
                              const AttentionLayout& layout, const AttentionOptions& options) {
  const bool filled = covers_queries(layout, q.size(0));
  AttentionResult result{make(filled, {q.size(0), q.size(1), v.size(2)}, q.options()),
                         at::empty({q.size(1), q.size(0)}, q.options().dtype(at::kFloat))};
  const at::Tensor dense_q = dense(q);
  const at::Tensor dense_k = dense(k);
  const at::Tensor dense_v = dense(v);
  const AttentionProblem problem = describe(dense_q, dense_k, dense_v, result, options);
  const std::vector<AttentionTask> tasks = plan_forward(problem, layout);
  std::int64_t most_queries = 0;
  for (const AttentionTask& task : tasks) {
    most_queries = std::max(most_queries, task.end - task.begin);
  }
  for_each_task(static_cast<std::int64_t>(tasks.size()),
                kernels.forward_space(problem, most_queries), [&](std::int64_t i, float* space) {
                  kernels.forward(problem, tasks[static_cast<std::size_t>(i)], space);
                });
  decode(kernels, problem, layout);
  return result;
}

AttentionGradients attention_cpu_backward(const AttentionKernels& kernels, const at::Tensor& q,
                                          const at::Tensor& k, const at::Tensor& v,
                                          const AttentionResult& result, const at::Tensor& grad_out,
                                          const AttentionLayout& layout,
                                          const AttentionOptions& options) {
  const at::Tensor dense_q = dense(q);
  const at::Tensor dense_k = dense(k);
  const at::Tensor dense_v = dense(v);
  const at::Tensor dense_grad = dense(grad_out);
  const bool queries_filled = covers_queries(layout, q.size(0));
  const bool keys_filled = covers_keys(layout, k.size(0));
  AttentionGradients gradients{make(queries_filled, q.sizes(), q.options()),
                               make(keys_filled, k.sizes(), k.options()),
                               make(keys_filled, v.sizes(), v.options())};
  const at::Tensor delta = at::empty_like(result.lse);

  AttentionProblem problem = describe(dense_q, dense_k, dense_v, result, options);
  problem.grad_out = describe(dense_grad);
  problem.dq = describe(gradients.q);
  problem.dk = describe(gradients.k);
  problem.dv = describe(gradients.v);
  problem.delta = delta.data_ptr<float>();

  at::parallel_for(0, q.size(0), 64, [&](std::int64_t begin, std::int64_t end) {
    kernels.delta(problem, begin, end);
  });

  // Spans of several chunks of keys add up the gradients of their queries in float: one part right
  // into a float result, else in parts, which are added in order when all is done.
  const std::vector<AttentionParts> parts = plan_parts(problem, layout);
  std::map<std::size_t, at::Tensor> sums;
  for (const AttentionParts& each : parts) {
    if (each.direct) continue;
    const AttentionSpan& span = layout.spans()[each.span];
    const at::Tensor rows = gradients.q.narrow(0, span.query_begin, span.query_length);
    if (each.parts == 1 && q.scalar_type() == at::kFloat) {
      sums[each.span] = rows.zero_().unsqueeze(0);
    } else {
      sums[each.span] =
          at::zeros({each.parts, span.query_length, q.size(1), q.size(2)}, at::kFloat);
    }
  }
  const std::vector<AttentionTask> tasks =
      plan_backward(problem, layout, parts, [&](const AttentionParts& each, std::int64_t part) {
        return sums.at(each.span).select(0, part).data_ptr<float>();
      });
  for_each_task(static_cast<std::int64_t>(tasks.size()), kernels.backward_space(problem),
                [&](std::int64_t i, float* space) {
                  kernels.backward(problem, tasks[static_cast<std::size_t>(i)], space);
                });

  for (const AttentionParts& each : parts) {
    if (each.direct || (each.parts == 1 && q.scalar_type() == at::kFloat)) continue;
    const AttentionSpan& span = layout.spans()[each.span];
    const at::Tensor total = sums.at(each.span).select(0, 0);
    for (std::int64_t part = 1; part < each.parts; ++part) {
      total.add_(sums.at(each.span).select(0, part));
    }
    gradients.q.narrow(0, span.query_begin, span.query_length).copy_(total);
  }
  return gradients;
}

}  // namespace roux::ops
