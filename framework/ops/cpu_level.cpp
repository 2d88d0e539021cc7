#include "roux/ops/cpu_level.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "ops/level_override.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::ops {
namespace {

constexpr std::array<std::string_view, 4> kNames{"reference", "avx2", "avx512", "avx512_bf16"};

CpuLevel best_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    return CpuLevel::Reference;
  }
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return CpuLevel::Avx2;
  }
  return __builtin_cpu_supports("avx512bf16") ? CpuLevel::Avx512Bf16 : CpuLevel::Avx512;
#else
  return CpuLevel::Reference;
#endif
}

CpuLevel chosen_level() {
  const CpuLevel best = best_level();
  const char* asked = std::getenv("ROUX_CPU_LEVEL");
  if (asked == nullptr || *asked == '\0') return best;
  const auto* found = std::find(kNames.begin(), kNames.end(), asked);
  if (found == kNames.end()) {
    throw ConfigError(cat("ROUX_CPU_LEVEL must be ",
                          join(std::vector<std::string>(kNames.begin(), kNames.end()), ", "),
                          ", but is \"", asked, '"'));
  }
  return std::min(best, static_cast<CpuLevel>(found - kNames.begin()));
}

// -1: none. For all threads, since a backward pass runs on threads of its own.
std::atomic<int> overridden{-1};

}  // namespace

std::string_view to_string(CpuLevel level) {
  return kNames.at(static_cast<std::size_t>(level));
}

CpuLevel cpu_level() {
  const int asked = overridden.load(std::memory_order_relaxed);
  if (asked >= 0) return static_cast<CpuLevel>(asked);
  static const CpuLevel level = chosen_level();
  return level;
}

std::vector<CpuLevel> levels_of_this_cpu() {
  std::vector<CpuLevel> levels;
  for (int level = 0; level <= static_cast<int>(best_level()); ++level) {
    levels.push_back(static_cast<CpuLevel>(level));
  }
  return levels;
}

LevelOverride::LevelOverride(CpuLevel level) : before_(overridden.load()) {
  require(level <= best_level(), "LevelOverride: a level that this CPU has");
  overridden = static_cast<int>(level);
}

LevelOverride::~LevelOverride() {
  overridden = before_;
}

}  // namespace roux::ops
