#define ROUX_LEVEL portable

#include "optim/kernels/loops.h"

namespace roux::ops::portable {

const OptimizerKernels<float> optimizer_kernels = all_loops<float>();
const OptimizerKernels<double> optimizer_kernels_of_double = all_loops<double>();

}  // namespace roux::ops::portable
