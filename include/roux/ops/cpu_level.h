#pragma once

#include <string_view>

namespace roux::ops {

// What the CPU's kernels were compiled for. Each level holds the ones before it.
enum class CpuLevel { Reference, Avx2, Avx512, Avx512Bf16 };

std::string_view to_string(CpuLevel level);

// The best that this CPU has; ROUX_CPU_LEVEL (reference, avx2, avx512, avx512_bf16) can ask for
// less, never for more. Read once. Results differ between levels in the last bits, so that a
// checkpoint records it.
CpuLevel cpu_level();

}  // namespace roux::ops
