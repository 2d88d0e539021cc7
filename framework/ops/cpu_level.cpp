#include "roux/ops/cpu_level.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

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

}  // namespace

std::string_view to_string(CpuLevel level) {
  return kNames.at(static_cast<std::size_t>(level));
}

CpuLevel cpu_level() {
  static const CpuLevel level = chosen_level();
  return level;
}

}  // namespace roux::ops
