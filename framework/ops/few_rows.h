#pragma once

#include <ATen/core/Tensor.h>

namespace roux::ops {

// Whether x has no more rows than there are texts that are commonly written at once, and there is a
// kernel for their product with `weight`. With more rows a product of matrices is faster.
bool has_few_rows(const at::Tensor& x, const at::Tensor& weight);

// x · weightᵀ without a gradient. Writing a token at a time is all this: to read the weights as
// fast as memory gives them. A row's result is the same whatever the others are.
//
// Requires: has_few_rows(x, weight).
at::Tensor product_of_few_rows(const at::Tensor& x, const at::Tensor& weight);

}  // namespace roux::ops
