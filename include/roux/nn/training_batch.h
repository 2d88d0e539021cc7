#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "roux/data/packed_batch.h"
#include "roux/nn/token_batch.h"

namespace roux::nn {

// What a model reads, and what it is to say: a data::PackedBatch as tensors.
struct TrainingBatch {
  TokenBatch tokens;
  at::Tensor targets;  // [tokens], int64; kIgnoredTarget where nothing is to be learned
  std::int64_t num_targets = 0;

  // On the CPU the tensors share the batch's memory and keep it; on another device they are one
  // copy, which the CPU doesn't wait for if the memory is pinned.
  static TrainingBatch from(const data::PackedBatch& packed, at::Device device = at::kCPU);
};

}  // namespace roux::nn
