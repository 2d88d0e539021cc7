#pragma once

#include <ATen/core/Tensor.h>

#include "roux/config/fields.h"

namespace roux::ops {

// gelu is the exact one (erf), gelu_tanh its approximation.
enum class Activation { Silu, Gelu, GeluTanh, Relu };

void describe(config::EnumValues<Activation>& value);

at::Tensor activate(const at::Tensor& x, Activation activation);

// activation(gate) * up: SwiGLU with silu, GeGLU with a gelu.
at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation);

}  // namespace roux::ops
