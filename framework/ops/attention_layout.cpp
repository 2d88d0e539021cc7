#include <algorithm>
#include <utility>

#include "roux/base/error.h"
#include "roux/ops/attention.h"

namespace roux::ops {

AttentionLayout::AttentionLayout(std::vector<AttentionSpan> spans) : spans_(std::move(spans)) {
  std::int64_t row = 0;
  for (const AttentionSpan& span : spans_) {
    require(span.query_begin >= row || span.query_length == 0,
            "AttentionLayout: the queries of spans must lie in order and apart");
    row = std::max(row, span.query_begin + span.query_length);
    require(span.query_begin >= 0 && span.key_begin >= 0 && span.query_length >= 0,
            "AttentionLayout: a span must not be negative");
    require(span.key_length >= span.query_length,
            "AttentionLayout: a span must have as many keys as queries, or more");
    longest_query_ = std::max(longest_query_, span.query_length);
    longest_key_ = std::max(longest_key_, span.key_length);
  }
}

AttentionLayout AttentionLayout::packed(std::span<const std::int64_t> cu_seqlens) {
  require(!cu_seqlens.empty() && cu_seqlens.front() == 0,
          "AttentionLayout::packed: cu_seqlens must begin with 0");
  std::vector<AttentionSpan> spans;
  spans.reserve(cu_seqlens.size() - 1);
  for (std::size_t i = 0; i + 1 < cu_seqlens.size(); ++i) {
    const std::int64_t length = cu_seqlens[i + 1] - cu_seqlens[i];
    spans.push_back({cu_seqlens[i], length, cu_seqlens[i], length});
  }
  return AttentionLayout(std::move(spans));
}

AttentionLayout AttentionLayout::padded(std::span<const std::int64_t> lengths,
                                        std::int64_t row_length, PaddingSide side) {
  std::vector<AttentionSpan> spans;
  spans.reserve(lengths.size());
  std::int64_t row = 0;
  for (const std::int64_t length : lengths) {
    require(length >= 0 && length <= row_length,
            "AttentionLayout::padded: a length must be within its row");
    const std::int64_t begin = row + (side == PaddingSide::Left ? row_length - length : 0);
    spans.push_back({begin, length, begin, length});
    row += row_length;
  }
  return AttentionLayout(std::move(spans));
}

}  // namespace roux::ops
