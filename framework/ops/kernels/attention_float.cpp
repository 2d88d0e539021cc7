#include "ops/kernels/attention_table.h"

namespace roux::ops::ROUX_LEVEL {

const AttentionKernels attention_float = attention_of<float>();

}  // namespace roux::ops::ROUX_LEVEL
