#include "roux/data/shard_plan.h"

#include <numeric>
#include <string>

#include "roux/base/error.h"

namespace roux::data {

void ShardPlan::check() const {
  require(num_shards >= 1 && batches_per_step >= 1, "a plan needs a shard and a batch");
  require(0 <= rank && rank < num_ranks, "a rank must be less than their number");
  // What divides both divides this.
  const std::int64_t common = std::gcd(num_shards, batches_per_step);
  if (common % num_ranks == 0) return;
  const auto divides = [&](std::int64_t ranks) { return common % ranks == 0; };
  std::int64_t below = std::min(num_ranks, common);
  while (!divides(below)) --below;
  std::string nearest = std::to_string(below);
  for (std::int64_t above = num_ranks + 1; above <= common; ++above) {
    if (!divides(above)) continue;
    nearest += cat(" or ", above);
    break;
  }
  throw ConfigError(cat(
      num_ranks, " data ranks cannot share ", batches_per_step, " batches a step from ", num_shards,
      " shards (dataset.num_shards), for their number must divide both: ", nearest, " can"));
}

}  // namespace roux::data
