#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// The rows of `weight` [vocabulary, dim] that `ids` [tokens] (int64 or int32) name. An id outside
// the vocabulary throws. The gradient is dense, and the same whatever the number of threads.
at::Tensor embedding(const at::Tensor& weight, const at::Tensor& ids);

}  // namespace roux::ops
