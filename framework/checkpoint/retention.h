#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "roux/checkpoint/checkpoint_store.h"

namespace roux::checkpoint {

// A checkpoint as far as it matters here.
struct Kept {
  std::int64_t step = 0;
  std::optional<double> score;
  bool is_model_only = false;
};

// What a CheckpointRetention does not want any more.
struct Surplus {
  std::vector<std::int64_t> steps;       // to be removed
  std::vector<std::int64_t> model_only;  // to lose all but the model
};

// `all` in the order of their steps; `saved` is the one that was just written. That one stays as it
// is, and so does the newest that a run can go on from.
Surplus find_surplus(const CheckpointRetention& retention, std::span<const Kept> all,
                     std::int64_t saved);

// The best, of equals the newest first; those without a score are not in it.
std::vector<std::int64_t> by_score(std::span<const Kept> all);

}  // namespace roux::checkpoint
