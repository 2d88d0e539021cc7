#pragma once

#include <math.h>

#include "ops/kernels/attention.h"
#include "ops/kernels/attention_tile.h"

namespace roux::ops::ROUX_LEVEL {

inline constexpr std::int64_t kForwardKeys = 128;  // keys of a block
inline constexpr float kLog2E = 1.44269504F;

// What a task of the forward holds. The result and the softmax's state of all its queries stay
// here while the keys go by, so that each key is packed once a task and not once a query.
struct ForwardSpace {
  Space space;
  std::int64_t rows, dim, value_dim;
  float *q, *result, *largest, *sum, *keys, *values, *scores;

  ForwardSpace(const AttentionProblem& problem, std::int64_t queries, float* memory)
      : space(memory),
        rows(round_up(queries, kTileRows)),
        dim(round_up(problem.head_dim, 16)),
        value_dim(round_up(problem.value_dim, 16)),
        q(space.floats(problem.group() * rows * dim)),
        result(space.floats(problem.group() * rows * value_dim)),
        largest(space.floats(problem.group() * rows)),
        sum(space.floats(problem.group() * rows)),
        keys(space.floats(kForwardKeys * problem.head_dim)),
        values(space.floats(kForwardKeys * value_dim)),
        scores(space.floats(kTileRows * kForwardKeys)) {}
};

// The softmax of a tile's rows goes on with the scores of columns [begin, end). Scores become
// weights, and `factors` what the sums so far are multiplied by.
inline void softmax_step(float* scores, std::int64_t begin, std::int64_t end, const Seen* seen,
                         float softcap, float* largest, float* sums, float* factors) {
  float now[kLanes];
  for (std::int64_t row = 0; row < kTileRows; ++row) {
    float* mine = scores + row * kForwardKeys;
    if (softcap > 0.0F) {
      const Vec cap = broadcast(softcap);
      for (std::int64_t i = begin; i < end; i += kLanes) {
        store(mine + i, cap * tanh(load(mine + i)));
      }
    }
    hide(mine, begin, end, seen[row], kLowest);
    Vec top = broadcast(largest[row]);
    for (std::int64_t i = begin; i < end; i += kLanes) top = max(top, load(mine + i));
    now[row] = max(top);
  }
  store(factors, exp2(load(largest, kTileRows) - load(now, kTileRows)), kTileRows);
  for (std::int64_t row = 0; row < kTileRows; ++row) {
    float* mine = scores + row * kForwardKeys;
    const Vec base = broadcast(now[row]);
    Vec total = broadcast(0.0F);
    for (std::int64_t i = begin; i < end; i += kLanes) {
      const Vec weight = exp2(load(mine + i) - base);
      store(mine + i, weight);
      total += weight;
    }
    if (seen[row].first == seen[row].last) {
      // A query that has seen no key yet would give the hidden ones a weight of 1.
      fill(mine + begin, end - begin, 0.0F);
      total = broadcast(0.0F);
    }
    sums[row] = sums[row] * factors[row] + sum(total);
    largest[row] = now[row];
  }
}

template <typename T>
void forward(const AttentionProblem& problem, const AttentionTask& task, float* memory) {
  const std::int64_t count = task.end - task.begin;
  const std::int64_t group = problem.group();
  const ForwardSpace at(problem, count, memory);
  const float log2_scale = problem.scale * kLog2E;
  const float softcap = problem.softcap * kLog2E;
  const float factor = problem.softcap > 0.0F ? problem.scale / problem.softcap : log2_scale;

  for (std::int64_t g = 0; g < group; ++g) {
    const auto* q = static_cast<const T*>(problem.q.data) +
                    (task.query_begin + task.begin) * problem.q.row +
                    (task.key_head * group + g) * problem.q.head;
    pack_rows(q, problem.q.row, count, problem.head_dim, factor, at.q + g * at.rows * at.dim,
              at.dim, at.rows);
  }
  fill(at.result, group * at.rows * at.value_dim, 0.0F);
  fill(at.largest, group * at.rows, kLowest);
  fill(at.sum, group * at.rows, 0.0F);

  const std::int64_t first_key = task.first_key(problem, task.begin);
  const std::int64_t end_key = task.end_key(problem, task.end - 1);
  for (std::int64_t key = first_key; key < end_key; key += kForwardKeys) {
    const std::int64_t keys = least(kForwardKeys, end_key - key);
    const std::int64_t padded = round_up(keys, 16);
    const auto* k = static_cast<const T*>(problem.k.data) + (task.key_begin + key) * problem.k.row +
                    task.key_head * problem.k.head;
    const auto* v = static_cast<const T*>(problem.v.data) + (task.key_begin + key) * problem.v.row +
                    task.key_head * problem.v.head;
    pack_panels(k, problem.k.row, keys, problem.head_dim, at.keys, padded);
    pack_rows(v, problem.v.row, keys, problem.value_dim, 1.0F, at.values, at.value_dim, padded);

    for (std::int64_t row = 0; row < at.rows; row += kTileRows) {
      const std::int64_t query = task.begin + row;
      const std::int64_t last_query = least(query + kTileRows, task.end) - 1;
      const std::int64_t begin = round_down(most(0, task.first_key(problem, query) - key), 16);
      const std::int64_t end = least(padded, round_up(task.end_key(problem, last_query) - key, 16));
      if (begin >= end) continue;

      for (std::int64_t g = 0; g < group; ++g) {
        const std::int64_t here = g * at.rows + row;
        Right right = panels(at.keys, problem.head_dim);
        right.data += begin / kLanes * right.vector;
        product<Old::Overwritten>({at.q + here * at.dim, at.dim, 1}, right, problem.head_dim,
                                  (end - begin) / kLanes, at.scores + begin, kForwardKeys);
        Seen seen[kTileRows];
        for (std::int64_t i = 0; i < kTileRows; ++i) {
          const std::int64_t mine = least(query + i, last_query);
          const std::int64_t first = least(end, most(begin, task.first_key(problem, mine) - key));
          seen[i] = {first,
                     most(first, least(least(end, keys), task.end_key(problem, mine) - key))};
        }
        float factors[kTileRows];
        softmax_step(at.scores, begin, end, seen, softcap, at.largest + here, at.sum + here,
                     factors);
        product<Old::Scaled>({at.scores + begin, kForwardKeys, 1},
                             dense(at.values + begin * at.value_dim, at.value_dim), end - begin,
                             at.value_dim / kLanes, at.result + here * at.value_dim, at.value_dim,
                             factors);
      }
    }
  }

  for (std::int64_t g = 0; g < group; ++g) {
    const std::int64_t head = task.key_head * group + g;
    for (std::int64_t row = 0; row < count; ++row) {
      const std::int64_t here = g * at.rows + row;
      const std::int64_t query = task.query_begin + task.begin + row;
      const Vec inverse = broadcast(1.0F / at.sum[here]);
      const float* from = at.result + here * at.value_dim;
      auto* to =
          static_cast<T*>(problem.out.data) + query * problem.out.row + head * problem.out.head;
      for (std::int64_t i = 0; i < problem.value_dim; i += kLanes) {
        store(to + i, load(from + i) * inverse, least(kLanes, problem.value_dim - i));
      }
      problem.lse[head * problem.query_rows + query] = at.largest[here] + log2f(at.sum[here]);
    }
  }
}

}  // namespace roux::ops::ROUX_LEVEL
