#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "roux/nn/module.h"

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

// The place of a projection in its owner, who calls through it: what replace() puts there is what
// runs, is found by parameters(), trained and saved.
class ProjectionSlot {
 public:
  // Registers itself and its projection with the owner. Must live as long as the owner: a member.
  ProjectionSlot(Module& owner, std::string name, std::shared_ptr<Projection> projection);
  ProjectionSlot(const ProjectionSlot&) = delete;
  ProjectionSlot& operator=(const ProjectionSlot&) = delete;

  at::Tensor operator()(const at::Tensor& x) const { return projection_->forward(x); }
  const std::shared_ptr<Projection>& get() const { return projection_; }
  const std::string& name() const { return name_; }

  // Returns the one that stood there, so that the new one may keep it as its child. Requires: the
  // same features in and out.
  std::shared_ptr<Projection> replace(std::shared_ptr<Projection> projection);

 private:
  Module& owner_;
  std::string name_;
  std::shared_ptr<Projection> projection_;
};

struct SlotPlace {
  std::string name;  // the path of the projection: "layers.0.self_attn.q_proj"
  ProjectionSlot* slot;
};

// Every slot below `root`, in the order of registration.
std::vector<SlotPlace> projection_slots(const torch::nn::Module& root);

}  // namespace roux::nn
