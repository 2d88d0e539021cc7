#include "ops/onednn_amx.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdlib>
#endif

namespace roux::ops {
namespace {

#if defined(__x86_64__)

// Some virtual machines offer AMX but end CPUID before leaf 0x1D, which says how its tiles are
// shaped. oneDNN, which LibTorch multiplies bfloat16 matrices with, then sets up tiles of nothing
// and dies of SIGILL at the first product. It reads this variable when it is first used, which is
// after this library is loaded; what the user has set stays.
const bool amx_is_safe = [] {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kAmxTile = 1U << 24;
  const bool offered = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxTile) != 0;
  const bool described = __get_cpuid_count(0x1D, 0, &a, &b, &c, &d) != 0 && a >= 1;
  if (offered && !described) setenv("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16", /*replace=*/0);
  return !offered || described;
}();
#else
const bool amx_is_safe = true;
#endif

}  // namespace

bool onednn_lacks_amx() {
  return !amx_is_safe;
}

}  // namespace roux::ops
