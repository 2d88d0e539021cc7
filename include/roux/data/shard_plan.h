#pragma once

#include <cstdint>

namespace roux::data {

// Who reads what of a stream of logical shards.
//
// A step is a fixed list of batches, whatever the number of ranks: batch b of step s is the next
// one of shard (s * batches_per_step + b) % num_shards. Rank r of R does the batches with
// b % R == r, one after the other, so it owns the shards with the same remainder. That needs R to
// divide both numbers; then a run may go on with another R, and sees the same examples in the same
// steps.
struct ShardPlan {
  std::int64_t num_shards = 1;
  std::int64_t batches_per_step = 1;  // data ranks times accumulation
  std::int64_t num_ranks = 1;
  std::int64_t rank = 0;

  // Throws ConfigError, with the nearest numbers of ranks that do, where num_ranks doesn't divide.
  void check() const;

  std::int64_t accumulation() const { return batches_per_step / num_ranks; }
  std::int64_t owned_shards() const { return num_shards / num_ranks; }

  // The shard of this rank's batch `index`, counted over all steps.
  std::int64_t shard_of(std::int64_t index) const {
    const std::int64_t step = index / accumulation();
    const std::int64_t batch = index % accumulation() * num_ranks + rank;
    return (step * batches_per_step + batch) % num_shards;
  }
};

}  // namespace roux::data
