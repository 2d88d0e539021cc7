#pragma once

#include "ops/kernels/attention.h"
#include "ops/kernels/attention_forward.h"
#include "ops/kernels/attention_tile.h"

namespace roux::ops::ROUX_LEVEL {

inline constexpr std::int64_t kBlock = 64;  // queries and keys of a block

// What a task of the backward holds: a chunk of keys and values, packed once, with their gradients
// in the making, and a block of queries that goes by.
struct BackwardSpace {
  Space space;
  std::int64_t dim, value_dim;
  float *key_panels, *value_panels, *keys, *dk, *dv;
  float *q, *grad_out, *dq, *lse, *delta, *weights, *slopes;

  BackwardSpace(const AttentionProblem& problem, float* memory)
      : space(memory),
        dim(round_up(problem.head_dim, 16)),
        value_dim(round_up(problem.value_dim, 16)),
        key_panels(space.floats(kAttentionKeyChunk * problem.head_dim)),
        value_panels(space.floats(kAttentionKeyChunk * problem.value_dim)),
        keys(space.floats(kAttentionKeyChunk * dim)),
        dk(space.floats(kAttentionKeyChunk * dim)),
        dv(space.floats(kAttentionKeyChunk * value_dim)),
        q(space.floats(kBlock * dim)),
        grad_out(space.floats(kBlock * value_dim)),
        dq(space.floats(kBlock * dim)),
        lse(space.floats(kBlock)),
        delta(space.floats(kBlock)),
        weights(space.floats(kBlock * kBlock)),
        slopes(space.floats(kBlock * kBlock)) {}
};

// One row of a tile, columns [begin, end): scores become
// weights, and the gradients of the weights (in `slopes`) become those of the scaled products.
inline void softmax_slope(const AttentionProblem& problem, float* scores, float* slopes,
                          std::int64_t begin, std::int64_t end, const Seen& seen, float lse,
                          float delta) {
  const Vec log_sum = broadcast(lse);
  const Vec mean = broadcast(delta);
  if (problem.softcap > 0.0F) {
    const Vec inner = broadcast(problem.scale / problem.softcap);
    const Vec outer = broadcast(problem.softcap * kLog2E);
    const Vec one = broadcast(1.0F);
    for (std::int64_t i = begin; i < end; i += kLanes) {
      const Vec capped = tanh(load(scores + i) * inner);
      const Vec weight = exp2(outer * capped - log_sum);
      store(scores + i, weight);
      store(slopes + i, weight * (load(slopes + i) - mean) * fnma(capped, capped, one));
    }
  } else {
    const Vec factor = broadcast(problem.scale * kLog2E);
    for (std::int64_t i = begin; i < end; i += kLanes) {
      const Vec weight = exp2(load(scores + i) * factor - log_sum);
      store(scores + i, weight);
      store(slopes + i, weight * (load(slopes + i) - mean));
    }
  }
  hide(scores, begin, end, seen, 0.0F);
  hide(slopes, begin, end, seen, 0.0F);
}

// A chunk of keys and the block of queries that meets it.
struct BackwardBlock {
  std::int64_t query, queries;  // the first of the block, and how many
  std::int64_t key, keys;       // of the chunk
};

inline void backward_block(const AttentionProblem& problem, const AttentionTask& task,
                           const BackwardSpace& at, const BackwardBlock& block) {
  const std::int64_t rows8 = round_up(block.queries, kTileRows);
  for (std::int64_t offset = 0; offset < block.keys; offset += kBlock) {
    const std::int64_t key = block.key + offset;
    const std::int64_t keys = least(kBlock, block.keys - offset);
    const std::int64_t padded = round_up(keys, 16);
    const Right key_columns = panels(at.key_panels + offset * problem.head_dim, problem.head_dim);
    const Right value_columns =
        panels(at.value_panels + offset * problem.value_dim, problem.value_dim);

    // The columns that each tile of queries sees.
    std::int64_t begins[kBlock / kTileRows];
    std::int64_t ends[kBlock / kTileRows];
    for (std::int64_t row = 0; row < rows8; row += kTileRows) {
      const std::int64_t query = block.query + row;
      const std::int64_t last_query = block.query + least(row + kTileRows, block.queries) - 1;
      const std::int64_t begin = round_down(most(0, task.first_key(problem, query) - key), 16);
      const std::int64_t end = least(padded, round_up(task.end_key(problem, last_query) - key, 16));
      begins[row / kTileRows] = begin;
      ends[row / kTileRows] = end;
      if (begin >= end) continue;

      float* weights = at.weights + row * kBlock;
      float* slopes = at.slopes + row * kBlock;
      const std::int64_t vectors = (end - begin) / kLanes;
      Right columns = key_columns;
      columns.data += begin / kLanes * columns.vector;
      product<Old::Overwritten>({at.q + row * at.dim, at.dim, 1}, columns, problem.head_dim,
                                vectors, weights + begin, kBlock);
      columns = value_columns;
      columns.data += begin / kLanes * columns.vector;
      product<Old::Overwritten>({at.grad_out + row * at.value_dim, at.value_dim, 1}, columns,
                                problem.value_dim, vectors, slopes + begin, kBlock);
      for (std::int64_t i = 0; i < kTileRows; ++i) {
        const std::int64_t mine = query + i;
        Seen seen{begin, begin};  // a row of padding sees nothing
        if (mine <= last_query) {
          seen.first = least(end, most(begin, task.first_key(problem, mine) - key));
          seen.last = most(seen.first, least(least(end, keys), task.end_key(problem, mine) - key));
        }
        softmax_slope(problem, weights + i * kBlock, slopes + i * kBlock, begin, end, seen,
                      at.lse[row + i], at.delta[row + i]);
      }
      product<Old::Kept>({slopes + begin, kBlock, 1},
                         dense(at.keys + (offset + begin) * at.dim, at.dim), end - begin,
                         at.dim / kLanes, at.dq + row * at.dim, at.dim);
    }

    // The queries that see each tile of keys: their tiles follow one another.
    for (std::int64_t column = 0; column < padded; column += kTileRows) {
      std::int64_t first = 0;
      std::int64_t last = rows8;
      while (first < rows8 &&
             (column < begins[first / kTileRows] || column >= ends[first / kTileRows])) {
        first += kTileRows;
      }
      while (last > first &&
             (column < begins[last / kTileRows - 1] || column >= ends[last / kTileRows - 1])) {
        last -= kTileRows;
      }
      if (first >= last) continue;
      const std::int64_t from = first * kBlock + column;
      product<Old::Kept>({at.weights + from, 1, kBlock},
                         dense(at.grad_out + first * at.value_dim, at.value_dim), last - first,
                         at.value_dim / kLanes, at.dv + (offset + column) * at.value_dim,
                         at.value_dim);
      product<Old::Kept>({at.slopes + from, 1, kBlock}, dense(at.q + first * at.dim, at.dim),
                         last - first, at.dim / kLanes, at.dk + (offset + column) * at.dim, at.dim);
    }
  }
}

template <typename T>
void write_rows(const AttentionTensor& tensor, std::int64_t row, std::int64_t head,
                std::int64_t count, std::int64_t columns, const float* from, std::int64_t width,
                float factor) {
  const Vec times = broadcast(factor);
  for (std::int64_t i = 0; i < count; ++i) {
    T* to = static_cast<T*>(tensor.data) + (row + i) * tensor.row + head * tensor.head;
    for (std::int64_t j = 0; j < columns; j += kLanes) {
      store(to + j, load(from + i * width + j) * times, least(kLanes, columns - j));
    }
  }
}

template <typename T>
void backward_chunk(const AttentionProblem& problem, const AttentionTask& task,
                    const BackwardSpace& at, std::int64_t key, std::int64_t keys) {
  const std::int64_t padded = round_up(keys, 16);
  const auto* k = static_cast<const T*>(problem.k.data) + (task.key_begin + key) * problem.k.row +
                  task.key_head * problem.k.head;
  const auto* v = static_cast<const T*>(problem.v.data) + (task.key_begin + key) * problem.v.row +
                  task.key_head * problem.v.head;
  pack_panels(k, problem.k.row, keys, problem.head_dim, at.key_panels, padded);
  pack_panels(v, problem.v.row, keys, problem.value_dim, at.value_panels, padded);
  pack_rows(k, problem.k.row, keys, problem.head_dim, 1.0F, at.keys, at.dim, padded);
  fill(at.dk, padded * at.dim, 0.0F);
  fill(at.dv, padded * at.value_dim, 0.0F);

  // The queries that see any of these keys.
  const std::int64_t ahead = task.key_length - task.query_length;
  std::int64_t query_begin = 0;
  std::int64_t query_end = task.query_length;
  if (problem.causal) query_begin = most(0, key - ahead);
  if (problem.window > 0) {
    query_end = least(query_end, key + keys - 1 - ahead + problem.window);
  }
  for (std::int64_t g = 0; g < problem.group(); ++g) {
    const std::int64_t head = task.key_head * problem.group() + g;
    // A task that writes `dq` itself answers for queries that see none of its keys, too.
    const std::int64_t first = task.dq_sum == nullptr ? 0 : round_down(query_begin, kBlock);
    const std::int64_t end = task.dq_sum == nullptr ? task.query_length : query_end;
    for (std::int64_t query = first; query < end; query += kBlock) {
      const std::int64_t queries = least(kBlock, end - query);
      const std::int64_t rows8 = round_up(queries, kTileRows);
      const std::int64_t row = task.query_begin + query;
      const auto* q =
          static_cast<const T*>(problem.q.data) + row * problem.q.row + head * problem.q.head;
      const auto* grad_out = static_cast<const T*>(problem.grad_out.data) +
                             row * problem.grad_out.row + head * problem.grad_out.head;
      pack_rows(q, problem.q.row, queries, problem.head_dim, 1.0F, at.q, at.dim, rows8);
      pack_rows(grad_out, problem.grad_out.row, queries, problem.value_dim, 1.0F, at.grad_out,
                at.value_dim, rows8);
      fill(at.lse, rows8, 0.0F);
      fill(at.delta, rows8, 0.0F);
      for (std::int64_t i = 0; i < queries; ++i) {
        at.lse[i] = problem.lse[head * problem.query_rows + row + i];
        at.delta[i] = problem.delta[head * problem.query_rows + row + i];
      }
      fill(at.dq, rows8 * at.dim, 0.0F);

      backward_block(problem, task, at, {query, queries, key, keys});

      if (task.dq_sum == nullptr) {
        write_rows<T>(problem.dq, row, head, queries, problem.head_dim, at.dq, at.dim,
                      problem.scale);
        continue;
      }
      const Vec scale = broadcast(problem.scale);
      for (std::int64_t i = 0; i < queries; ++i) {
        float* to = task.dq_sum + ((query + i) * problem.heads + head) * problem.head_dim;
        for (std::int64_t j = 0; j < problem.head_dim; j += kLanes) {
          const std::int64_t count = least(kLanes, problem.head_dim - j);
          store(to + j, fma(load(at.dq + i * at.dim + j), scale, load(to + j, count)), count);
        }
      }
    }
  }
  write_rows<T>(problem.dk, task.key_begin + key, task.key_head, keys, problem.head_dim, at.dk,
                at.dim, problem.scale);
  write_rows<T>(problem.dv, task.key_begin + key, task.key_head, keys, problem.value_dim, at.dv,
                at.value_dim, 1.0F);
}

template <typename T>
void backward(const AttentionProblem& problem, const AttentionTask& task, float* memory) {
  const BackwardSpace at(problem, memory);
  for (std::int64_t key = task.begin; key < task.end; key += kAttentionKeyChunk) {
    backward_chunk<T>(problem, task, at, key, least(kAttentionKeyChunk, task.end - key));
  }
}

template <typename T>
void delta(const AttentionProblem& problem, std::int64_t begin, std::int64_t end) {
  for (std::int64_t row = begin; row < end; ++row) {
    for (std::int64_t head = 0; head < problem.heads; ++head) {
      const auto* out =
          static_cast<const T*>(problem.out.data) + row * problem.out.row + head * problem.out.head;
      const auto* grad = static_cast<const T*>(problem.grad_out.data) + row * problem.grad_out.row +
                         head * problem.grad_out.head;
      Vec total = broadcast(0.0F);
      for (std::int64_t i = 0; i < problem.value_dim; i += kLanes) {
        const std::int64_t count = least(kLanes, problem.value_dim - i);
        total = fma(load(out + i, count), load(grad + i, count), total);
      }
      problem.delta[head * problem.query_rows + row] = sum(total);
    }
  }
}

}  // namespace roux::ops::ROUX_LEVEL
