#pragma once

#include <math.h>

#include "ops/kernels/attention.h"
#include "ops/kernels/attention_forward.h"
#include "ops/kernels/attention_tile.h"

// Few queries and a long cache: the time is that of reading the keys and values once. A task reads
// all heads of a range of keys, front to back as they lie in memory, and leaves a partial softmax.
namespace roux::ops::ROUX_LEVEL {

struct DecodeSpace {
  Space space;
  std::int64_t dim;
  float* q;

  DecodeSpace(const AttentionProblem& problem, std::int64_t queries, float* memory)
      : space(memory),
        dim(round_up(problem.head_dim, 16)),
        q(space.floats(queries * problem.heads * dim)) {}
};

// A partial softmax of some rows, each a query of a head: what was summed up, not yet divided.
struct Partial {
  std::int64_t width;
  float *result, *largest, *sum;

  Partial(const AttentionProblem& problem, std::int64_t queries, float* memory)
      : width(round_up(problem.value_dim, 16)),
        result(memory),
        largest(result + queries * problem.heads * width),
        sum(largest + queries * problem.heads) {}
};

inline std::int64_t decode_partial(const AttentionProblem& problem, std::int64_t queries) {
  return round_up(queries * problem.heads * (round_up(problem.value_dim, 16) + 2), 16);
}

// The products of one row with `count` keys (at most kLanes).
template <typename T>
inline Vec dot_keys(const float* q, const T* keys, std::int64_t stride, std::int64_t count,
                    std::int64_t dim) {
  Vec sums[kLanes];
#pragma GCC unroll 16
  for (std::int64_t i = 0; i < kLanes; ++i) sums[i] = broadcast(0.0F);
  for (std::int64_t i = 0; i < count; ++i) {
    const T* key = keys + i * stride;
    Vec even = broadcast(0.0F);
    Vec odd = broadcast(0.0F);
    std::int64_t j = 0;
    for (; j + 2 * kLanes <= dim; j += 2 * kLanes) {
      even = fma(load(q + j), load(key + j), even);
      odd = fma(load(q + j + kLanes), load(key + j + kLanes), odd);
    }
    for (; j < dim; j += kLanes) {
      even = fma(load(q + j), load(key + j, least(kLanes, dim - j)), even);
    }
    sums[i] = even + odd;
  }
  transpose(sums);
  Vec total = broadcast(0.0F);
#pragma GCC unroll 16
  for (std::int64_t i = 0; i < kLanes; ++i) total += sums[i];
  return total;
}

template <typename T>
inline void add_values(const float* weights, const T* values, std::int64_t stride,
                       std::int64_t count, std::int64_t dim, float factor, float* result) {
  for (std::int64_t j = 0; j < dim; j += kLanes) {
    const std::int64_t lanes = least(kLanes, dim - j);
    Vec even = load(result + j) * broadcast(factor);
    Vec odd = broadcast(0.0F);
    std::int64_t i = 0;
    if (lanes == kLanes) {
      for (; i + 2 <= count; i += 2) {
        even = fma(broadcast(weights[i]), load(values + i * stride + j), even);
        odd = fma(broadcast(weights[i + 1]), load(values + (i + 1) * stride + j), odd);
      }
    }
    for (; i < count; ++i) {
      even = fma(broadcast(weights[i]), load(values + i * stride + j, lanes), even);
    }
    store(result + j, even + odd);
  }
}

template <typename T>
void decode(const AttentionProblem& problem, const AttentionTask& task, float* memory) {
  const std::int64_t queries = task.query_length;
  const std::int64_t group = problem.group();
  const DecodeSpace at(problem, queries, memory);
  const Partial partial(problem, queries, task.partial);
  const std::int64_t rows = queries * problem.heads;  // row = head * queries + query
  const float softcap = problem.softcap * kLog2E;
  const float factor =
      problem.softcap > 0.0F ? problem.scale / problem.softcap : problem.scale * kLog2E;

  for (std::int64_t head = 0; head < problem.heads; ++head) {
    const auto* q = static_cast<const T*>(problem.q.data) + task.query_begin * problem.q.row +
                    head * problem.q.head;
    pack_rows(q, problem.q.row, queries, problem.head_dim, factor, at.q + head * queries * at.dim,
              at.dim, queries);
  }
  fill(partial.result, rows * partial.width, 0.0F);
  fill(partial.largest, rows, kLowest);
  fill(partial.sum, rows, 0.0F);

  for (std::int64_t key = task.begin; key < task.end; key += kLanes) {
    const std::int64_t keys = least(kLanes, task.end - key);
    for (std::int64_t key_head = 0; key_head < problem.key_heads; ++key_head) {
      const auto* k = static_cast<const T*>(problem.k.data) +
                      (task.key_begin + key) * problem.k.row + key_head * problem.k.head;
      const auto* v = static_cast<const T*>(problem.v.data) +
                      (task.key_begin + key) * problem.v.row + key_head * problem.v.head;
      for (std::int64_t i = 0; i < group * queries; ++i) {
        const std::int64_t row = key_head * group * queries + i;
        const std::int64_t query = i % queries;
        const std::int64_t first = most(0, task.first_key(problem, query) - key);
        const std::int64_t last = least(keys, task.end_key(problem, query) - key);
        if (first >= last) continue;
        Vec scores = dot_keys(at.q + row * at.dim, k, problem.k.row, keys, problem.head_dim);
        if (softcap > 0.0F) scores = broadcast(softcap) * tanh(scores);
        float weights[kLanes];
        store(weights, scores);
        hide(weights, 0, kLanes, {first, last}, kLowest);
        scores = load(weights);
        const float now = max(max(scores, broadcast(partial.largest[row])));
        const Vec fresh = exp2(scores - broadcast(now));
        store(weights, fresh);
        const float old = partial.largest[row] == now ? 1.0F : exp2f(partial.largest[row] - now);
        partial.sum[row] = partial.sum[row] * old + sum(fresh);
        partial.largest[row] = now;
        add_values(weights, v, problem.v.row, keys, problem.value_dim, old,
                   partial.result + row * partial.width);
      }
    }
  }
}

// Joins `count` partial softmaxes of a span, which lie `distance` apart, in their order.
template <typename T>
void decode_join(const AttentionProblem& problem, const AttentionTask& task, float* partials,
                 std::int64_t count, std::int64_t distance) {
  const std::int64_t queries = task.query_length;
  for (std::int64_t row = 0; row < queries * problem.heads; ++row) {
    float largest = kLowest;
    for (std::int64_t i = 0; i < count; ++i) {
      const float one = Partial(problem, queries, partials + i * distance).largest[row];
      if (!(one <= largest)) largest = one;  // a NaN is kept
    }
    const Partial joined(problem, queries, partials);
    float total = 0.0F;
    for (std::int64_t i = 0; i < count; ++i) {
      const Partial one(problem, queries, partials + i * distance);
      const float factor = exp2f(one.largest[row] - largest);
      total += one.sum[row] * factor;
      for (std::int64_t j = 0; j < joined.width; j += kLanes) {
        float* to = joined.result + row * joined.width + j;
        const Vec more = load(one.result + row * joined.width + j) * broadcast(factor);
        store(to, i == 0 ? more : load(to) + more);
      }
    }
    const std::int64_t head = row / queries;
    const std::int64_t query = task.query_begin + row % queries;
    const Vec inverse = broadcast(1.0F / total);
    T* to = static_cast<T*>(problem.out.data) + query * problem.out.row + head * problem.out.head;
    for (std::int64_t j = 0; j < problem.value_dim; j += kLanes) {
      store(to + j, load(joined.result + row * joined.width + j) * inverse,
            least(kLanes, problem.value_dim - j));
    }
    problem.lse[head * problem.query_rows + query] = largest + log2f(total);
  }
}

}  // namespace roux::ops::ROUX_LEVEL
