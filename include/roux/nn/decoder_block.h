#pragma once

#include <cstdint>
#include <memory>

#include "roux/nn/block_stack.h"
#include "roux/nn/feed_forward.h"
#include "roux/nn/kinds.h"
#include "roux/nn/norm.h"
#include "roux/nn/self_attention.h"

namespace roux::nn {

struct DecoderBlockOptions {
  std::int64_t dim = 0;

  NormPlacement placement = NormPlacement::Before;
  NormOptions norm;
};

// Attention and a feed-forward part, each added to what came in.
class DecoderBlock final : public Block {
 public:
  DecoderBlock(const DecoderBlockOptions& options, std::shared_ptr<SelfAttention> attention,
               std::shared_ptr<FeedForward> feed_forward);

  BlockOutput forward(const at::Tensor& hidden, const PassContext& context) override;

 private:
  std::shared_ptr<Norm> attention_norm_;  // null where the placement has none
  std::shared_ptr<SelfAttention> attention_;
  std::shared_ptr<Norm> attention_post_norm_;
  std::shared_ptr<Norm> feed_forward_norm_;
  std::shared_ptr<FeedForward> feed_forward_;
  std::shared_ptr<Norm> feed_forward_post_norm_;
};

}  // namespace roux::nn
