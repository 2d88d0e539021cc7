#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "roux/nn/slot.h"

namespace roux::nn {

// x · weightᵀ + bias, as tensors: what a projection is when it is nothing more.
struct DenseWeights {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out], or undefined
};

// A matrix multiply of a model, and whatever stands in for one: a tensor-parallel part, a quantised
// one, one with a LoRA beside it.
class Projection : public Module {
 public:
  // x: [rows, in features] -> [rows, out features].
  virtual at::Tensor forward(const at::Tensor& x) = 0;

  virtual std::int64_t in_features() const = 0;
  virtual std::int64_t out_features() const = 0;

  // "3 x 2", in and out: what has another doesn't fit the slot.
  std::string shape() const;

  // The weights, if forward() is x · weightᵀ + bias and no more: then it may be fused with its
  // neighbours. nullopt otherwise.
  virtual std::optional<DenseWeights> dense() const { return std::nullopt; }
};

class Linear final : public Projection {
 public:
  Linear(std::int64_t in_features, std::int64_t out_features, bool bias,
         Init weight_init = Init::normal(0.02));

  at::Tensor forward(const at::Tensor& x) override;
  std::int64_t in_features() const override { return weight_.size(1); }
  std::int64_t out_features() const override { return weight_.size(0); }
  std::optional<DenseWeights> dense() const override { return DenseWeights{weight_, bias_}; }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

using ProjectionSlot = Slot<Projection>;

}  // namespace roux::nn
