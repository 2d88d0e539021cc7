#include "roux/data/shard_plan.h"

#include <numeric>
#include <string>

#include "roux/base/error.h"

namespace roux::data {

void ShardPlan::check() const {
  require(num_shards >= 1 && batches_per_step >= 1, "a plan needs a shard and a batch");
  require(0 <= rank && rank < num_ranks, "a rank must be less than their number");
  // What divides both divides this.
  const std::int64_t both = std::gcd(num_shards, batches_per_step);
  if (both % num_ranks == 0) return;
  // The batches of a run that begins follow from its ranks.
  const bool batches_divide = batches_per_step % num_ranks == 0;
  const std::int64_t common = batches_divide ? num_shards : both;
  const auto divides = [&](std::int64_t ranks) { return common % ranks == 0; };
  std::int64_t below = std::min(num_ranks, common);
  while (!divides(below)) --below;
  std::string nearest = std::to_string(below);
  for (std::int64_t above = num_ranks + 1; above <= common; ++above) {
    if (!divides(above)) continue;
    nearest += cat(" or ", above);
    break;
  }
  const std::string what = batches_divide ? "" : cat(batches_per_step, " batches a step from ");
  throw ConfigError(cat(num_ranks, " data ranks cannot share ", what, num_shards,
                        " shards (dataset.num_shards), for their number must divide ",
                        batches_divide ? "it" : "both", ": ", nearest, " can"));
}

}  // namespace roux::data
