#include "ops/kernels/attention_backward.h"
#include "ops/kernels/attention_decode.h"
#include "ops/kernels/attention_forward.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

std::int64_t forward_space(const AttentionProblem& problem, std::int64_t most_queries) {
  return ForwardSpace(problem, most_queries, nullptr).space.used();
}

std::int64_t decode_space(const AttentionProblem& problem, std::int64_t queries) {
  return DecodeSpace(problem, queries, nullptr).space.used();
}

std::int64_t backward_space(const AttentionProblem& problem) {
  return BackwardSpace(problem, nullptr).space.used();
}

}  // namespace

const AttentionKernels attention_float{
    .forward_space = forward_space,
    .forward = forward<float>,
    .decode_space = decode_space,
    .decode_partial = decode_partial,
    .decode = decode<float>,
    .join = decode_join<float>,
    .delta = delta<float>,
    .backward_space = backward_space,
    .backward = backward<float>,
};

}  // namespace roux::ops::ROUX_LEVEL
