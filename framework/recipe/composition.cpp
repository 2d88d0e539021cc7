#include "roux/recipe/composition.h"

#include <memory>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/config/sections/common.h"
#include "roux/di/container.h"
#include "roux/gang/world.h"
#include "roux/recipe/context.h"
#include "roux/trainer/stop.h"

namespace roux {
namespace {

World find_world_of(const ModelCommonConfig* common) {
  const Cluster cluster = common != nullptr ? common->cluster : Cluster::Auto;
  switch (cluster) {
    case Cluster::Auto:
      return find_world(process_environment());
    case Cluster::None:
      return find_world(process_environment(), LaunchedBy::TorchrunOnly);
    case Cluster::Slurm:
      return find_world(process_environment(), LaunchedBy::SlurmOnly);
  }
  throw InternalError("Cluster: one that there isn't");
}

}  // namespace

void register_library(di::Container& container) {
  container.provide<RandomStream>(
      [](const CommonConfig& common) { return RandomStream(common.seed, "roux"); });
  container.provide<StopRequest>([] { return StopRequest(); });
  container.provide<const World>([](const ModelCommonConfig* common, const DryRun& dry_run) {
    // Nobody is met for a look.
    return std::make_unique<const World>(dry_run.on ? World() : find_world_of(common));
  });
}

}  // namespace roux
