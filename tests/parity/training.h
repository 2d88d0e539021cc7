#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "parity/compare.h"

namespace roux::parity {

// How the texts of a step come as micro-batches.
enum class Serving {
  Packed,     // those of the reference, each as a recipe's data does it: one text after the other
  Padded,     // those of the reference, each text in a row of its own
  OneByOne,   // every text is a micro-batch
  AllAtOnce,  // one micro-batch of all
};

struct TrainingVariant {
  Serving serving = Serving::Packed;
  bool bfloat16 = false;                 // forward and backward, with masters of float32
  std::int64_t checkpointed_layers = 0;  // every so many-th; 0: none
};

// What was reported of each step, and what became of the weights.
struct TrainingRun {
  std::vector<double> losses;
  std::vector<double> gradient_norms;
  std::vector<double> lrs;  // those of all groups, step after step
  at::Tensor weights;       // all of them, in one row
};

// Whether tools/parity.d/train.py wrote the folder.
bool is_training_case(const std::filesystem::path& folder);

// Trains as the folder's train.toml says, by a recipe that is recipes/lm/train's but for its data:
// the same unit, and model, optimizer, schedule and trainer as every recipe has them.
TrainingRun train_case(const std::filesystem::path& folder, const TrainingVariant& variant = {});

// The same in float32, packed and padded, and in bfloat16 where the folder tells of it, compared
// with plain PyTorch.
Comparison compare_training(const std::filesystem::path& folder);

}  // namespace roux::parity
