#pragma once

#include <vector>

#include "roux/ops/cpu_level.h"

namespace roux::ops {

// All that this CPU can run, the reference first.
std::vector<CpuLevel> levels_of_this_cpu();

// For tests and benches: cpu_level() is `level` on every thread while this lives.
class LevelOverride {
 public:
  explicit LevelOverride(CpuLevel level);
  ~LevelOverride();
  LevelOverride(const LevelOverride&) = delete;
  LevelOverride& operator=(const LevelOverride&) = delete;

 private:
  int before_;
};

}  // namespace roux::ops
