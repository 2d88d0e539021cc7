#pragma once

#include <cstdint>

#include "ops/kernels/table.h"

namespace roux::ops {

// [rows, heads, dim] anywhere in memory: the last dimension is dense, the others have strides,
// counted in elements.
struct AttentionTensor {
  void* data = nullptr;
  std::int64_t row = 0;
  std::int64_t head = 0;
};

// What all tasks of a call share. The inputs of a kernel are never written.
struct AttentionProblem {
  AttentionTensor q, k, v, out;
  AttentionTensor grad_out, dq, dk, dv;  // backward only

  // [heads, query rows]: the logarithm, to base 2, of each softmax's denominator, and the sum of
  // grad_out * out (backward only).
  float* lse = nullptr;
  float* delta = nullptr;

  std::int64_t query_rows = 0;
  std::int64_t heads = 0;
  std::int64_t key_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t value_dim = 0;
  float scale = 1.0F;
  float softcap = 0.0F;
  bool causal = true;
  std::int64_t window = 0;  // 0: none

  [[gnu::always_inline]] std::int64_t group() const { return heads / key_heads; }
};

// A part of the work on one key head of one span, whose rows it counts from the span's beginning.
struct AttentionTask {
  std::int64_t query_begin = 0;
  std::int64_t query_length = 0;
  std::int64_t key_begin = 0;
  std::int64_t key_length = 0;
  std::int64_t key_head = 0;

  // The queries (forward) or the keys (backward, decoding) that the task answers for.
  std::int64_t begin = 0;
  std::int64_t end = 0;

  // Where the backward adds up its gradients of the queries: float [query_length, heads, head_dim],
  // beginning with zeros; nullptr: the task has all keys of the span and writes `dq` itself.
  float* dq_sum = nullptr;

  // Where decoding leaves the partial softmax of the task's keys.
  float* partial = nullptr;

  // The first key that a query sees, and the one after the last. (Always inline, so that no copy of
  // another level's instructions is left for the linker to choose.)
  [[gnu::always_inline]] std::int64_t first_key(const AttentionProblem& problem,
                                                std::int64_t query) const {
    if (problem.window == 0) return 0;
    const std::int64_t first = query + key_length - query_length + 1 - problem.window;
    return first > 0 ? first : 0;
  }
  [[gnu::always_inline]] std::int64_t end_key(const AttentionProblem& problem,
                                              std::int64_t query) const {
    return problem.causal ? query + key_length - query_length + 1 : key_length;
  }
};

// Keys that the backward holds at a time.
inline constexpr std::int64_t kAttentionKeyChunk = 256;

// Each function has its work space from the caller: as many floats as the one above it says,
// aligned to 64 bytes.
struct AttentionKernels {
  std::int64_t (*forward_space)(const AttentionProblem& problem, std::int64_t most_queries);
  void (*forward)(const AttentionProblem& problem, const AttentionTask& task, float* space);

  // A few queries that look at a long cache: partial softmaxes of ranges of keys, all heads in one
  // task, which join() puts together. A partial softmax takes decode_partial() floats.
  std::int64_t (*decode_space)(const AttentionProblem& problem, std::int64_t queries);
  std::int64_t (*decode_partial)(const AttentionProblem& problem, std::int64_t queries);
  void (*decode)(const AttentionProblem& problem, const AttentionTask& task, float* space);
  void (*join)(const AttentionProblem& problem, const AttentionTask& task, float* partials,
               std::int64_t count, std::int64_t distance);

  // delta of query rows [begin, end), counted over the whole batch.
  void (*delta)(const AttentionProblem& problem, std::int64_t begin, std::int64_t end);
  std::int64_t (*backward_space)(const AttentionProblem& problem);
  void (*backward)(const AttentionProblem& problem, const AttentionTask& task, float* space);
};

// One table an element type.
ROUX_DECLARE_KERNELS(AttentionKernels, attention_float)
ROUX_DECLARE_KERNELS(AttentionKernels, attention_bfloat16)

}  // namespace roux::ops
