#pragma once

#include "optim/kernels/table.h"

namespace roux {

// The dynamic tree of bitsandbytes and torchao (arXiv:2110.02861, section 1.3): seven decades below
// 1, the upper ones cut finer. For means, which have a sign, and for squares, which have none.
const ops::CodeMap& signed_code_map();
const ops::CodeMap& unsigned_code_map();

}  // namespace roux
