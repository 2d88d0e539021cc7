#pragma once

#include "roux/config/fields.h"

namespace roux::ops {

// gelu is the exact one (erf), gelu_tanh its approximation.
enum class Activation { Silu, Gelu, GeluTanh, Relu };

void describe(config::EnumValues<Activation>& value);

}  // namespace roux::ops
