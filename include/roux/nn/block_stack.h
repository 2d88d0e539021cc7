#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "roux/nn/key_value_cache.h"
#include "roux/nn/module.h"
#include "roux/nn/token_batch.h"
#include "roux/ops/rotary.h"

namespace roux::nn {

// What the blocks of one pass share. Blocks only read it, so that one can be computed again.
struct PassContext {
  ops::AttentionLayout layout;

  // The angles of the batch's tokens, for each set of frequencies that the model has; empty where
  // positions are learned.
  std::vector<ops::Rotation> rotations;

  KeyValueCache* cache = nullptr;
};

struct BlockOutput {
  at::Tensor hidden;         // [tokens, dim]
  at::Tensor router_logits;  // [tokens, experts]; undefined where the block does not route
};

class Block : public Module {
 public:
  virtual BlockOutput forward(const at::Tensor& hidden, const PassContext& context) = 0;
};

// The blocks of a model, one after the other, and the one seam around them: activation
// checkpointing, gathering and resharding, ranges for the profiler and finite checks wrap a block
// here, since LibTorch's modules have no hooks.
class BlockStack final : public Module {
 public:
  // Calls `next(hidden)` to run the block (or the wrapper within), once or, to compute it again,
  // more often: a copy of `next` stays good after the pass, up to its backward pass and as long as
  // the stack.
  using Next = std::function<BlockOutput(const at::Tensor& hidden)>;
  using Wrapper =
      std::function<BlockOutput(std::int64_t block, const at::Tensor& hidden, const Next& next)>;

  struct Output {
    at::Tensor hidden;
    std::vector<at::Tensor> router_logits;  // of the blocks that route, in their order
  };

  // The path of block i is "<path of the stack>.<i>".
  void push_back(std::shared_ptr<Block> block);

  std::int64_t size() const { return static_cast<std::int64_t>(blocks_.size()); }
  Block& operator[](std::int64_t index) { return *blocks_.at(static_cast<std::size_t>(index)); }

  // The last one that is added is outermost. Requires: no pass, or copy of a `next`, is under way.
  void wrap(Wrapper wrapper) { wrappers_.push_back(std::move(wrapper)); }

  Output forward(at::Tensor hidden, PassContext context);

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<Wrapper> wrappers_;
};

}  // namespace roux::nn
