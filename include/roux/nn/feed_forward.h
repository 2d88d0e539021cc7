#pragma once

#include <cstdint>
#include <optional>

#include "roux/nn/block_stack.h"
#include "roux/nn/expert_projection.h"
#include "roux/nn/projection.h"
#include "roux/ops/activation.h"

namespace roux::nn {

// What a block does to each token by itself: [tokens, dim] -> [tokens, dim], with the router's
// logits where there is a router.
class FeedForward : public Module {
 public:
  virtual BlockOutput forward(const at::Tensor& x) = 0;
};

struct FeedForwardOptions {
  std::int64_t dim = 0;
  std::int64_t inner_dim = 0;
  ops::Activation activation = ops::Activation::Silu;
  bool gated = true;  // activation(gate) * up; else activation(up)
  bool bias = false;
  double init_deviation = 0.02;
  double output_init_deviation = 0.02;
};

class DenseFeedForward final : public FeedForward {
 public:
  explicit DenseFeedForward(const FeedForwardOptions& options);

  BlockOutput forward(const at::Tensor& x) override;

 private:
  ops::Activation activation_;
  std::optional<ProjectionSlot> gate_;
  ProjectionSlot up_;
  ProjectionSlot down_;
};

struct MixtureOptions {
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
  bool normalise_weights = true;  // the weights of a token's experts sum to 1
};

// Each token goes to the `top_k` of the experts that a router finds likeliest; their answers are
// summed, each times its probability.
class MixtureOfExperts final : public FeedForward {
 public:
  // `expert`: the shape of each; gated and without biases.
  MixtureOfExperts(const MixtureOptions& options, const FeedForwardOptions& expert);

  BlockOutput forward(const at::Tensor& x) override;

 private:
  MixtureOptions options_;
  ops::Activation activation_;
  ProjectionSlot router_;
  ExpertSlot gate_;
  ExpertSlot up_;
  ExpertSlot down_;
};

}  // namespace roux::nn
