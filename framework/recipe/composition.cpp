#include "roux/recipe/composition.h"

#include <memory>

#include "roux/base/random.h"
#include "roux/config/sections/common.h"
#include "roux/di/container.h"
#include "roux/trainer/stop.h"

namespace roux {

void register_library(di::Container& container) {
  container.provide<RandomStream>(
      [](const CommonConfig& common) { return RandomStream(common.seed, "roux"); });
  container.provide<StopRequest>([] { return StopRequest(); });
}

}  // namespace roux
