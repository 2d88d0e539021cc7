#include "roux/nn/key_value_cache.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "roux/base/error.h"

namespace roux::nn {

KeyValueCache::KeyValueCache(const CacheShape& shape, const at::TensorOptions& options)
    : shape_(shape), lengths_(static_cast<std::size_t>(shape.slots), 0) {
  const std::int64_t rows = shape.slots * shape.capacity;
  keys_ = at::empty({shape.layers, rows, shape.key_heads, shape.key_dim}, options);
  values_ = at::empty({shape.layers, rows, shape.key_heads, shape.value_dim}, options);
}

TokenBatch KeyValueCache::extend(const at::Tensor& ids, std::span<const std::int64_t> counts) {
  require(counts.size() == lengths_.size(), "KeyValueCache::extend: a count for each slot");
  std::vector<ops::AttentionSpan> spans;
  std::vector<at::Tensor> positions;
  std::vector<at::Tensor> rows;
  const auto integers = at::TensorOptions(at::kLong);
  std::int64_t token = 0;
  for (std::size_t slot = 0; slot < counts.size(); ++slot) {
    require(counts[slot] >= 0, "KeyValueCache::extend: a count is at least 0");
    const std::int64_t begin = lengths_[slot];
    const std::int64_t end = begin + counts[slot];
    if (end > shape_.capacity) {
      throw Error(cat("text ", slot, " would be ", end, " tokens long, but the cache holds ",
                      shape_.capacity));
    }
    const std::int64_t first_row = static_cast<std::int64_t>(slot) * shape_.capacity;
    if (counts[slot] > 0) spans.push_back({token, counts[slot], first_row, end});
    positions.push_back(at::arange(begin, end, integers));
    rows.push_back(at::arange(first_row + begin, first_row + end, integers));
    token += counts[slot];
  }
  require(token == ids.size(0), "KeyValueCache::extend: the counts must sum to the ids");
  for (std::size_t slot = 0; slot < counts.size(); ++slot) lengths_[slot] += counts[slot];
  rows_ = at::cat(rows).to(keys_.device());
  return {ids, at::cat(positions).to(ids.device()), ops::AttentionLayout(std::move(spans))};
}

KeyValueCache::KeysAndValues KeyValueCache::write(std::int64_t layer, const at::Tensor& keys,
                                                  const at::Tensor& values) {
  require(rows_.defined() && keys.size(0) == rows_.size(0),
          "KeyValueCache::write: the batch must be the one that extend() made");
  at::Tensor all_keys = keys_.select(0, layer);
  at::Tensor all_values = values_.select(0, layer);
  all_keys.index_copy_(0, rows_, keys.detach());
  all_values.index_copy_(0, rows_, values.detach());
  return {std::move(all_keys), std::move(all_values)};
}

void KeyValueCache::truncate(std::int64_t slot, std::int64_t length) {
  require(length >= 0 && length <= this->length(slot), "KeyValueCache::truncate: beyond the end");
  lengths_[static_cast<std::size_t>(slot)] = length;
}

void KeyValueCache::reorder(std::span<const std::int64_t> from) {
  require(from.size() == lengths_.size(), "KeyValueCache::reorder: a source for each slot");
  const std::vector<std::int64_t> before = lengths_;
  std::int64_t longest = 0;
  for (std::size_t slot = 0; slot < from.size(); ++slot) {
    lengths_[slot] = before.at(static_cast<std::size_t>(from[slot]));
    longest = std::max(longest, lengths_[slot]);
  }
  const at::Tensor source = at::empty({shape_.slots}, at::TensorOptions(at::kLong));
  std::copy(from.begin(), from.end(), source.mutable_data_ptr<std::int64_t>());
  const at::Tensor index = source.to(keys_.device());
  for (const at::Tensor& all : {keys_, values_}) {
    // Only what is written so far, of each layer: the rest of a slot is nobody's.
    at::Tensor slots =
        all.view({shape_.layers, shape_.slots, shape_.capacity, shape_.key_heads, all.size(-1)})
            .narrow(2, 0, longest);
    slots.copy_(slots.index_select(1, index));
  }
}

}  // namespace roux::nn
