#include "roux/nn/finite_checks.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/isnan.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>

#include "nn/walk.h"
#include "roux/base/error.h"
#include "roux/nn/block_stack.h"

namespace roux::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool is_finite(const at::Tensor& x) {
  return at::isfinite(x).all().item<bool>();
}

// "NaN in 3 of 512 numbers".
std::string what_is_wrong(const at::Tensor& x) {
  const auto not_a_number = at::isnan(x).sum().item<std::int64_t>();
  if (not_a_number > 0) return cat("NaN in ", not_a_number, " of ", x.numel(), " numbers");
  const auto infinite = x.numel() - at::isfinite(x).sum().item<std::int64_t>();
  return cat("infinity in ", infinite, " of ", x.numel(), " numbers");
}

// Which of the module's own numbers are to blame, if any.
std::string parameter_to_blame(const Module& module, const std::string& path) {
  for (const ParameterPlace& place : parameter_places(module)) {
    if (is_finite(place.value)) continue;
    return cat("; its parameter ", path_of(path, place.name), " has ", what_is_wrong(place.value));
  }
  return "; its parameters are finite";
}

struct Watched : torch::CustomClassHolder {
  Watched(const Module& the_module, std::string the_path, std::string the_role)
      : module(the_module), path(std::move(the_path)), role(std::move(the_role)) {}

  const Module& module;
  std::string path;
  std::string role;
};

// Hands its input on. Its backward pass comes when all within the module are through, since it is
// made before them.
class Watch : public torch::autograd::Function<Watch> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& /*anchor*/, const Module& module,
                            const std::string& path, const std::string& role) {
    context->saved_data["watched"] =
        c10::IValue::make_capsule(c10::make_intrusive<Watched>(module, path, role));
    context->set_materialize_grads(false);
    return input.view_as(input);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data.at("watched").toCapsule();
    const auto& watched = static_cast<const Watched&>(*capsule);
    const at::Tensor& gradient = gradients[0];
    if (gradient.defined() && !is_finite(gradient)) {
      throw Error(cat("the backward pass of ", watched.path, watched.role,
                      " gives its input a gradient with ", what_is_wrong(gradient),
                      parameter_to_blame(watched.module, watched.path)));
    }
    for (const ParameterPlace& place : parameter_places(watched.module)) {
      const at::Tensor& sum = place.value.grad();
      if (!sum.defined() || is_finite(sum)) continue;
      throw Error(cat("the backward pass of ", watched.path, watched.role, " gives ",
                      path_of(watched.path, place.name), " a gradient with ", what_is_wrong(sum)));
    }
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

void FiniteChecks::output(const at::Tensor& output, const Module& module, const std::string& path,
                          const std::string& role) const {
  if (scope_ == Scope::Nothing || !output.defined() || is_finite(output)) return;
  throw Error(cat("the forward pass of ", path, role, " gives ", what_is_wrong(output),
                  parameter_to_blame(module, path)));
}

at::Tensor FiniteChecks::input(const at::Tensor& input, const Module& module,
                               const std::string& path, const std::string& role) const {
  if (scope_ != Scope::ForwardAndBackward || !at::GradMode::is_enabled()) return input;
  // Below a frozen embedding the input needs no gradient, and its node would be left out.
  return Watch::apply(input, at::empty({0}).set_requires_grad(true), module, path, role);
}

void FiniteChecks::wrap(BlockStack& blocks, const std::string& path) const {
  if (scope_ == Scope::Nothing) return;
  blocks.wrap([checks = *this, &blocks, path](std::int64_t index, const at::Tensor& hidden,
                                              const BlockStack::Next& next) {
    const Block& block = blocks[index];
    const std::string name = path_of(path, std::to_string(index));
    BlockOutput output = next(checks.input(hidden, block, name));
    checks.output(output.hidden, block, name);
    checks.output(output.router_logits, block, name);
    return output;
  });
}

}  // namespace roux::nn
