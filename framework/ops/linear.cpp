#include "roux/ops/linear.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "ops/few_rows.h"
#include "ops/gradient_in_place.h"
#include "ops/matmul_into.h"
#include "roux/base/error.h"
#include "roux/ops/keeping.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
  at::Tensor result = at::empty({a.size(0), b.size(1)}, a.options().requires_grad(false));
  matmul_into(result, a, b, 0.0);
  return result;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias) {
    RECORD_FUNCTION("roux::linear", c10::ArrayRef<c10::IValue>{});
    // A frozen weight's gradient would be the only one to read x.
    const at::Tensor for_weight = weight.requires_grad() ? keep(*context, "x", x) : at::Tensor();
    context->save_for_backward({for_weight, weight, bias.value_or(at::Tensor())});
    at::Tensor y = product(x, weight.t());
    if (bias) y.add_(*bias);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& incoming) {
    RECORD_FUNCTION("roux::linear_backward", c10::ArrayRef<c10::IValue>{});
    if (at::GradMode::is_enabled()) {
      throw Error("linear has no second derivative (create_graph)");
    }
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& weight = saved[1];
    const at::Tensor& bias = saved[2];
    const at::Tensor dy = incoming.front().contiguous();
    variable_list gradients(3);
    if (context->needs_input_grad(0)) gradients[0] = product(dy, weight);
    if (context->needs_input_grad(1)) {
      const at::Tensor x = kept(*context, "x", saved[0]);
      if (const auto into = gradient_in_place(weight)) {
        matmul_into(*into, dy.t(), x, 1.0);
      } else {
        gradients[1] = product(dy.t(), x);
      }
    }
    if (bias.defined() && context->needs_input_grad(2)) {
      gradients[2] = at::sum(dy, 0, /*keepdim=*/false, at::kFloat).to(bias.scalar_type());
    }
    return gradients;
  }
};

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  require(x.dim() == 2 && weight.dim() == 2 && x.size(1) == weight.size(1),
          "linear: x is [rows, in], weight [out, in]");
  const auto wanted = [](const at::Tensor& input) {
    return input.defined() && input.requires_grad();
  };
  if (!at::GradMode::is_enabled() || !(wanted(x) || wanted(weight) || wanted(bias))) {
    at::Tensor y =
        has_few_rows(x, weight) ? product_of_few_rows(x, weight) : product(x, weight.t());
    return bias.defined() ? y.add_(bias) : y;
  }
  return LinearFunction::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
}

}  // namespace roux::ops
