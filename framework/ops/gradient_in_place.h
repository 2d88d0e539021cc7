#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace roux::ops {

// A parameter's gradient, if it is there and can be added to: what its backward pass writes to
// instead of making one that autograd adds. In the parameter's dtype, or in float32.
inline std::optional<at::Tensor> gradient_in_place(const at::Tensor& parameter) {
  if (!parameter.is_leaf()) return std::nullopt;
  const at::Tensor& gradient = parameter.grad();
  if (!gradient.defined() || !gradient.is_contiguous() || gradient.requires_grad()) {
    return std::nullopt;
  }
  const bool fits =
      gradient.scalar_type() == parameter.scalar_type() || gradient.scalar_type() == at::kFloat;
  return fits ? std::optional(gradient) : std::nullopt;
}

}  // namespace roux::ops
