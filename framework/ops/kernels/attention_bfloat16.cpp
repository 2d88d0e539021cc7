#include "ops/kernels/attention_table.h"

namespace roux::ops::ROUX_LEVEL {

const AttentionKernels attention_bfloat16 = attention_of<BFloat16>();

}  // namespace roux::ops::ROUX_LEVEL
