#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "roux/nn/token_batch.h"

namespace roux::nn {

struct CacheShape {
  std::int64_t layers = 0;
  std::int64_t slots = 0;     // texts that are written at the same time
  std::int64_t capacity = 0;  // tokens a slot can hold
  std::int64_t key_heads = 0;
  std::int64_t key_dim = 0;
  std::int64_t value_dim = 0;
};

// The keys and values of the tokens that a model has seen, so that each new token costs one step.
//
//   KeyValueCache cache = model.make_cache(/*slots=*/2, /*capacity=*/1024);
//   TokenBatch prompt = cache.extend(ids, {{5, 9}});   // 5 tokens for slot 0, 9 for slot 1
//   at::Tensor hidden = model.forward(prompt, &cache).hidden;
//
// For inference: what is written has no gradient. One thread at a time.
class KeyValueCache {
 public:
  KeyValueCache(const CacheShape& shape, const at::TensorOptions& options);

  const CacheShape& shape() const { return shape_; }
  std::int64_t length(std::int64_t slot) const {
    return lengths_.at(static_cast<std::size_t>(slot));
  }

  // The batch of `counts[slot]` new tokens for each slot, in the order of slots; it must be run
  // through the model before the next one is asked for. Throws Error where a slot is full.
  TokenBatch extend(const at::Tensor& ids, std::span<const std::int64_t> counts);

  // A layer's keys and values of the batch that extend() made go in; out come those of all tokens:
  // [slots * capacity, key_heads, dim], to be read through the batch's layout.
  struct KeysAndValues {
    at::Tensor keys;
    at::Tensor values;
  };
  KeysAndValues write(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values);

  // Forgets what lies beyond `length` tokens.
  void truncate(std::int64_t slot, std::int64_t length);

  // Slot i goes on from where slot from[i] stands, for every i at once (a step of a beam search).
  void reorder(std::span<const std::int64_t> from);

 private:
  CacheShape shape_;
  std::vector<std::int64_t> lengths_;
  at::Tensor rows_;  // [tokens of the last batch]: where its keys go
  at::Tensor keys_;  // [layers, slots * capacity, key_heads, key_dim]
  at::Tensor values_;
};

}  // namespace roux::nn
