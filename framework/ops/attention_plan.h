#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ops/kernels/attention.h"
#include "roux/ops/attention.h"

namespace roux::ops {

// How a call is cut into tasks. The cut depends on the shapes alone, never on the number of
// threads, since sums are taken task by task. The heaviest come first, so that threads end
// together.
// Spans of a few queries with a cache are left to plan_decode().
std::vector<AttentionTask> plan_forward(const AttentionProblem& problem,
                                        const AttentionLayout& layout);

// Tasks [first, first + count) are the ranges of keys of one span, in order.
struct AttentionDecode {
  std::size_t first = 0;
  std::size_t count = 0;
};

struct AttentionDecodePlan {
  std::vector<AttentionTask> tasks;
  std::vector<AttentionDecode> spans;
};

AttentionDecodePlan plan_decode(const AttentionProblem& problem, const AttentionLayout& layout);

// A span's backward. Tasks of one part may run beside those of another: each adds its gradients of
// the queries up on its own.
struct AttentionParts {
  std::size_t span = 0;
  std::int64_t parts = 1;
  bool direct = true;  // a single chunk of keys, whose task writes the queries' gradient itself
};

std::vector<AttentionParts> plan_parts(const AttentionProblem& problem,
                                       const AttentionLayout& layout);

// `sums(span, part)` says where a part of a span that is not direct adds up.
std::vector<AttentionTask> plan_backward(
    const AttentionProblem& problem, const AttentionLayout& layout,
    const std::vector<AttentionParts>& parts,
    const std::function<float*(const AttentionParts& parts, std::int64_t part)>& sums);

// Whether no key belongs to two spans, so that each span may write its own gradients.
bool keys_are_apart(const AttentionLayout& layout);

// Whether every row belongs to a span.
bool covers_queries(const AttentionLayout& layout, std::int64_t rows);
bool covers_keys(const AttentionLayout& layout, std::int64_t rows);

}  // namespace roux::ops
