#include "optim/kernels/loops.h"

namespace roux::ops::ROUX_LEVEL {

const OptimizerKernels<float> optimizer_kernels = all_loops<float>();

}  // namespace roux::ops::ROUX_LEVEL
