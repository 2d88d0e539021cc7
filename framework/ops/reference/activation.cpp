#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>

#include "ops/reference.h"
#include "roux/base/error.h"

namespace roux::ops::reference {

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::Silu:
      return at::silu(x);
    case Activation::Gelu:
      return at::gelu(x);
    case Activation::GeluTanh:
      return at::gelu(x, "tanh");
    case Activation::Relu:
      return at::relu(x);
  }
  throw InternalError("activate: an activation of no name");
}

at::Tensor gated(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  return reference::activate(gate, activation) * up;
}

}  // namespace roux::ops::reference
