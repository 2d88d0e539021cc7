#pragma once

#include "ops/kernels/attention_backward.h"
#include "ops/kernels/attention_decode.h"
#include "ops/kernels/attention_forward.h"

// The attention of one element type. Each type has a source of its own, so that they compile side
// by side.
namespace roux::ops::ROUX_LEVEL {

inline std::int64_t forward_space(const AttentionProblem& problem, std::int64_t most_queries) {
  return ForwardSpace(problem, most_queries, nullptr).space.used();
}

inline std::int64_t decode_space(const AttentionProblem& problem, std::int64_t queries) {
  return DecodeSpace(problem, queries, nullptr).space.used();
}

inline std::int64_t backward_space(const AttentionProblem& problem) {
  return BackwardSpace(problem, nullptr).space.used();
}

template <typename T>
constexpr AttentionKernels attention_of() {
  return {
      .forward_space = forward_space,
      .forward = forward<T>,
      .decode_space = decode_space,
      .decode_partial = decode_partial,
      .decode = decode<T>,
      .join = decode_join<T>,
      .delta = delta<T>,
      .backward_space = backward_space,
      .backward = backward<T>,
  };
}

}  // namespace roux::ops::ROUX_LEVEL
