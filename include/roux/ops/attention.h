#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace roux::ops {

// One text within a batch: the rows of its queries, and the rows of the keys they look at. Where
// there are more keys than queries (a cache), the queries are the last ones.
struct AttentionSpan {
  std::int64_t query_begin = 0;
  std::int64_t query_length = 0;
  std::int64_t key_begin = 0;
  std::int64_t key_length = 0;

  bool operator==(const AttentionSpan&) const = default;
};

enum class PaddingSide { Right, Left };

// Which rows of a batch belong together: packed documents, padded rows and cached texts are all
// lists of spans. Their queries lie in order and apart; their keys may lie in any order, and two
// texts may share some. A value, cheap to move, immutable once made.
class AttentionLayout {
 public:
  AttentionLayout() = default;
  explicit AttentionLayout(std::vector<AttentionSpan> spans);

  // Documents one after the other: document i is rows [cu_seqlens[i], cu_seqlens[i + 1]).
  static AttentionLayout packed(std::span<const std::int64_t> cu_seqlens);

  // `lengths.size()` rows of `row_length` tokens each, of which only `lengths[i]` are real.
  static AttentionLayout padded(std::span<const std::int64_t> lengths, std::int64_t row_length,
                                PaddingSide side = PaddingSide::Right);

  std::span<const AttentionSpan> spans() const { return spans_; }
  std::int64_t longest_query() const { return longest_query_; }
  std::int64_t longest_key() const { return longest_key_; }

 private:
  std::vector<AttentionSpan> spans_;
  std::int64_t longest_query_ = 0;
  std::int64_t longest_key_ = 0;
};

struct AttentionOptions {
  // What the products are multiplied by; unset: 1 / sqrt(head_dim).
  std::optional<double> scale;

  // Whether a query sees only keys up to its own position.
  bool causal = true;

  // A query sees at most this many keys back, its own included. Only with `causal`.
  std::optional<std::int64_t> window;

  // The scaled products go through softcap * tanh(product / softcap); 0: they don't.
  double softcap = 0.0;
};

// softmax(q·k) v of each span, softmax in float32.
//
// q: [query rows, heads, head_dim]; k: [key rows, key heads, head_dim]; v: [key rows, key heads,
// value_dim]; heads is a multiple of key heads (grouped queries: head h looks at key head
// h / (heads / key heads)). Rows of no span come out as zeros and pass no gradient. All may be
// views, of a fused projection or a cache: rows and heads of any stride are read where they lie.
//
// Blocks of queries meet blocks of keys, and those that no query sees are left out: the memory
// grows with the length, never with its square. Saved for the backward are q, k, v, the result and
// one float a query and head; it computes the weights again. There is no second derivative.
// The same bits whatever the number of threads.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const AttentionLayout& layout, const AttentionOptions& options = {});

}  // namespace roux::ops
