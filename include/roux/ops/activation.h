#pragma once

#include <ATen/core/Tensor.h>

#include "roux/ops/activation_kind.h"

namespace roux::ops {

at::Tensor activate(const at::Tensor& x, Activation activation);

// activation(gate) * up: SwiGLU with silu, GeGLU with a gelu.
at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation);

}  // namespace roux::ops
