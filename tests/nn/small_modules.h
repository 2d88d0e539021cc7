#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <memory>
#include <vector>

#include "roux/nn/block_stack.h"
#include "roux/nn/flat_parameters.h"
#include "roux/nn/module.h"

namespace roux::nn {

// y = x * scale + shift, element by element.
class Affine final : public Block {
 public:
  explicit Affine(std::int64_t size) {
    parameter(scale_, "scale", {size}, Init::normal(1.0));
    parameter(shift_, "shift", {size}, Init::zeros());
  }

  BlockOutput forward(const at::Tensor& x, const PassContext&) override {
    return {x * scale_ + shift_, {}};
  }
  at::Tensor apply(const at::Tensor& x) { return x * scale_ + shift_; }

  const at::Tensor& scale() const { return scale_; }
  const at::Tensor& shift() const { return shift_; }

 private:
  at::Tensor scale_;
  at::Tensor shift_;
};

// A module as LibTorch's users write them: values from the start, and no declarations.
class Foreign final : public torch::nn::Module {
 public:
  Foreign() { weight = register_parameter("weight", at::full({3}, 2.0)); }

  at::Tensor weight;
};

// Two blocks between what lies outside of them.
class Tower final : public Module {
 public:
  Tower() {
    child(first, "first", 5);
    blocks = register_module("blocks", std::make_shared<BlockStack>());
    blocks->push_back(std::make_shared<Affine>(3));
    blocks->push_back(std::make_shared<Affine>(3));
    foreign = register_module("foreign", std::make_shared<Foreign>());
  }

  Affine& block(std::int64_t index) { return dynamic_cast<Affine&>((*blocks)[index]); }

  std::shared_ptr<Affine> first;
  std::shared_ptr<BlockStack> blocks;
  std::shared_ptr<Foreign> foreign;
};

inline std::vector<std::string> names_of(const torch::nn::Module& root) {
  std::vector<std::string> names;
  for (const ParameterPlace& place : parameter_places(root)) names.push_back(place.name);
  return names;
}

}  // namespace roux::nn
