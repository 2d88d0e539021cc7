#include "roux/ops/activation.h"

#include "ops/reference.h"

namespace roux::ops {

void describe(config::EnumValues<Activation>& value) {
  value("silu", Activation::Silu, "x * sigmoid(x): SwiGLU where it gates.");
  value("gelu", Activation::Gelu, "The exact one.");
  value("gelu_tanh", Activation::GeluTanh, "Its approximation by tanh: GPT-2's and Gemma's.");
  value("relu", Activation::Relu, "max(x, 0).");
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
  return reference::activate(x, activation);
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  return reference::gated(gate, up, activation);
}

}  // namespace roux::ops
