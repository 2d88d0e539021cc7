#include "roux/nn/activation_checkpointing.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/custom_class.h>

#include <algorithm>
#include <utility>

#include "roux/base/error.h"
#include "roux/nn/block_stack.h"
#include "roux/ops/keeping.h"

namespace roux::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct KeptNext : torch::CustomClassHolder {
  explicit KeptNext(BlockStack::Next the_next) : next(std::move(the_next)) {}

  BlockStack::Next next;
};

variable_list to_list(BlockOutput output) {
  variable_list list{std::move(output.hidden)};
  if (output.router_logits.defined()) list.push_back(std::move(output.router_logits));
  return list;
}

// A block without a graph of its own. Its backward pass computes it again, with one, and runs
// backward through that: parameters get their gradients there, not as inputs of this node.
class RunAgain : public torch::autograd::Function<RunAgain> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& hidden,
                               const at::Tensor& /*anchor*/, const BlockStack::Next& next) {
    context->save_for_backward({ops::keep(*context, "hidden", hidden)});
    context->saved_data["next"] = c10::IValue::make_capsule(c10::make_intrusive<KeptNext>(next));
    context->set_materialize_grads(false);
    return to_list(next(hidden));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    RECORD_FUNCTION("roux::checkpointed_backward", std::vector<c10::IValue>());
    check_pass();
    const auto capsule = context->saved_data.at("next").toCapsule();
    const BlockStack::Next& next = static_cast<const KeptNext&>(*capsule).next;
    const at::Tensor hidden =
        ops::kept(*context, "hidden", context->get_saved_variables()[0]).detach();
    hidden.set_requires_grad(context->needs_input_grad(0));

    variable_list roots;
    variable_list root_gradients;
    {
      const at::AutoGradMode with_graph(true);
      const variable_list outputs = to_list(next(hidden));
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!gradients[i].defined() || !outputs[i].requires_grad()) continue;
        roots.push_back(outputs[i]);
        root_gradients.push_back(gradients[i]);
      }
    }
    if (!roots.empty()) torch::autograd::backward(roots, root_gradients);
    return {hidden.grad(), at::Tensor(), at::Tensor()};
  }

 private:
  static void check_pass() {
    if (at::GradMode::is_enabled()) {
      throw Error("activation checkpointing has no second derivative (create_graph)");
    }
    if (!torch::autograd::Engine::get_default_engine().is_checkpoint_valid()) {
      throw Error("activation checkpointing needs backward(), and not grad() for chosen inputs");
    }
  }
};

bool is_trained(const Block& block) {
  const auto parameters = block.parameters();
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const at::Tensor& each) { return each.requires_grad(); });
}

}  // namespace

void checkpoint_blocks(BlockStack& blocks, std::int64_t every_nth) {
  require(every_nth >= 1, "checkpoint_blocks: every_nth must be at least 1");
  blocks.wrap([&blocks, every_nth](std::int64_t index, const at::Tensor& hidden,
                                   const BlockStack::Next& next) {
    if (index % every_nth != 0 || !at::GradMode::is_enabled()) return next(hidden);
    // Below a frozen embedding the input asks for no gradient, and autograd would leave the node
    // out, and with it the gradients of the parameters.
    const at::Tensor anchor = at::empty({0}).set_requires_grad(is_trained(blocks[index]));
    variable_list list = RunAgain::apply(hidden, anchor, next);
    return BlockOutput{list[0], list.size() > 1 ? list[1] : at::Tensor()};
  });
}

void checkpoint_selectively(BlockStack& blocks, std::int64_t every_nth) {
  require(every_nth >= 1, "checkpoint_selectively: every_nth must be at least 1");
  blocks.wrap(
      [every_nth](std::int64_t index, const at::Tensor& hidden, const BlockStack::Next& next) {
        if (index % every_nth != 0 || !at::GradMode::is_enabled()) return next(hidden);
        const ops::KeepingGuard guard({.remake = true});
        return next(hidden);
      });
}

void offload_activations(BlockStack& blocks, std::shared_ptr<std::pmr::memory_resource> memory) {
  require(memory != nullptr, "offload_activations: memory must be there");
  blocks.wrap([memory](std::int64_t, const at::Tensor& hidden, const BlockStack::Next& next) {
    if (!at::GradMode::is_enabled()) return next(hidden);
    const ops::KeepingGuard guard({.host = memory});
    return next(hidden);
  });
}

}  // namespace roux::nn
