#include "roux/nn/feed_forward.h"

#include "roux/base/error.h"
#include "roux/ops/keeping.h"
#include "roux/ops/moe.h"

namespace roux::nn {
namespace {

std::shared_ptr<Projection> inward(const FeedForwardOptions& options) {
  return std::make_shared<Linear>(options.dim, options.inner_dim, options.bias,
                                  Init::normal(options.init_deviation));
}

std::shared_ptr<Projection> outward(const FeedForwardOptions& options) {
  return std::make_shared<Linear>(options.inner_dim, options.dim, options.bias,
                                  Init::normal(options.output_init_deviation));
}

std::shared_ptr<ExpertProjection> inward_of_experts(const MixtureOptions& options,
                                                    const FeedForwardOptions& expert) {
  return std::make_shared<StackedLinear>(options.experts, expert.dim, expert.inner_dim,
                                         Init::normal(expert.init_deviation));
}

}  // namespace

DenseFeedForward::DenseFeedForward(const FeedForwardOptions& options)
    : activation_(options.activation),
      up_(*this, "up_proj", inward(options)),
      down_(*this, "down_proj", outward(options)) {
  if (options.gated) gate_.emplace(*this, "gate_proj", inward(options));
}

BlockOutput DenseFeedForward::forward(const at::Tensor& x) {
  const at::Tensor up = up_(x);
  return {down_(gate_ ? ops::gated((*gate_)(x), up, activation_) : ops::activate(up, activation_)),
          {}};
}

MixtureOfExperts::MixtureOfExperts(const MixtureOptions& options, const FeedForwardOptions& expert)
    : options_(options),
      activation_(expert.activation),
      router_(*this, "router",
              std::make_shared<Linear>(expert.dim, options.experts, /*bias=*/false,
                                       Init::normal(expert.init_deviation))),
      gate_(*this, "gate_proj", inward_of_experts(options, expert)),
      up_(*this, "up_proj", inward_of_experts(options, expert)),
      down_(*this, "down_proj",
            std::make_shared<StackedLinear>(options.experts, expert.inner_dim, expert.dim,
                                            Init::normal(expert.output_init_deviation))) {
  require(expert.gated && !expert.bias, "MixtureOfExperts: experts are gated and have no biases");
}

BlockOutput MixtureOfExperts::forward(const at::Tensor& x) {
  const at::Tensor logits = router_(x);
  const ops::Routing routing = ops::route(logits, options_.top_k, options_.normalise_weights);
  const ops::ExpertOrder order = ops::order_by_expert(routing.experts, options_.experts);
  const at::Tensor rows = x.index_select(0, order.token);
  if (ops::remakes()) {
    ops::offer_through(rows, {x}, [token = order.token](const std::vector<at::Tensor>& inputs) {
      return inputs[0].index_select(0, token);
    });
  }
  const at::Tensor inner =
      ops::gated(gate_(rows, order.offsets), up_(rows, order.offsets), activation_);
  const at::Tensor answers = down_(inner, order.offsets);
  return {ops::combine_experts(answers, routing.weights, order), logits};
}

}  // namespace roux::nn
