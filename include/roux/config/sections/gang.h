#pragma once

#include <chrono>
#include <cstdint>

#include "roux/config/fields.h"

namespace roux {

// [gang]: how the processes that train together are arranged.
struct GangConfig {
  std::int64_t tensor_parallel_size = 1;
  std::chrono::nanoseconds timeout = std::chrono::minutes(15);
  bool high_priority = true;

  static void describe(config::Fields<GangConfig>& field);
};

}  // namespace roux
