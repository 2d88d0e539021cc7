#pragma once

#include <ATen/core/Tensor.h>

#include "roux/base/random.h"

namespace roux::ops {

// Zeroes each element with probability p and divides the others by 1 - p. Whether element i is kept
// depends on the stream and on `first_element` + i alone, so that nothing is saved for the
// backward, and a recomputation, another layout or another number of threads gives the same.
at::Tensor dropout(const at::Tensor& x, double p, const RandomStream& stream,
                   std::uint64_t first_element = 0);

}  // namespace roux::ops
