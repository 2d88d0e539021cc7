#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// The rows of `weight` [vocabulary, dim] that `ids` [tokens] (int64 or int32) name. An id outside
// the vocabulary throws. The gradient is dense, and the same whatever the number of threads;
// where the weight has one already, it is added to in place (linear.h says more).
at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids);

}  // namespace roux::ops
