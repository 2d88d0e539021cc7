#pragma once

#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tanh.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "roux/base/random.h"
#include "roux/nn/block_stack.h"
#include "roux/nn/flat_parameters.h"
#include "roux/nn/projection.h"

namespace roux::parallel {

inline constexpr std::int64_t kDim = 8;

// x + tanh(x · W).
class Step final : public nn::Block {
 public:
  Step() { child(linear_, "linear", kDim, kDim, /*bias=*/true); }

  nn::BlockOutput forward(const at::Tensor& x, const nn::PassContext&) override {
    return {x + at::tanh(linear_->forward(x)), {}};
  }

 private:
  std::shared_ptr<nn::Linear> linear_;
};

// Blocks between a table and the same table, transposed; and a parameter that nothing uses.
class SmallNet final : public nn::Module {
 public:
  explicit SmallNet(std::int64_t num_blocks = 3) {
    parameter(table_, "table", {kDim, kDim}, nn::Init::normal(0.5));
    blocks_ = register_module("blocks", std::make_shared<nn::BlockStack>());
    for (std::int64_t i = 0; i < num_blocks; ++i) blocks_->push_back(std::make_shared<Step>());
    parameter(scale_, "scale", {kDim}, nn::Init::normal(1.0));
    parameter(unused_, "unused", {3}, nn::Init::normal(1.0));
  }

  nn::BlockStack& blocks() { return *blocks_; }
  const at::Tensor& table() const { return table_; }

  at::Tensor loss(const at::Tensor& x) {
    const at::Tensor hidden = blocks_->forward(at::matmul(x, table_), {}).hidden * scale_;
    return at::matmul(hidden, table_.t()).square().sum();
  }

 private:
  at::Tensor table_;
  std::shared_ptr<nn::BlockStack> blocks_;
  at::Tensor scale_;
  at::Tensor unused_;
};

// A net with memory and gradients, as all ranks begin with it.
struct ReadyNet {
  explicit ReadyNet(std::int64_t num_blocks = 3, bool table_is_frozen = false)
      : net(std::make_shared<SmallNet>(num_blocks)) {
    if (table_is_frozen) net->table().set_requires_grad(false);
    flat = std::make_unique<nn::FlatParameters>(*net);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "net"));
    flat->allocate_gradients();
  }

  // All gradients, one behind the other.
  std::vector<at::Tensor> gradients() const {
    std::vector<at::Tensor> all;
    for (const nn::FlatGroup& group : flat->groups()) {
      if (group.gradients.defined()) all.push_back(group.gradients.clone());
    }
    return all;
  }

  std::shared_ptr<SmallNet> net;
  std::unique_ptr<nn::FlatParameters> flat;
};

}  // namespace roux::parallel
