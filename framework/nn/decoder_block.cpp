#include "roux/nn/decoder_block.h"

#include <ATen/TensorOperators.h>

#include <utility>

namespace roux::nn {

DecoderBlock::DecoderBlock(const DecoderBlockOptions& options,
                           std::shared_ptr<SelfAttention> attention,
                           std::shared_ptr<FeedForward> feed_forward)
    : attention_(std::move(attention)), feed_forward_(std::move(feed_forward)) {
  const bool before = options.placement != NormPlacement::After;
  const bool after = options.placement != NormPlacement::Before;
  if (before) child(attention_norm_, "attention_norm", options.dim, options.norm);
  register_module("self_attn", attention_);
  if (after) child(attention_post_norm_, "attention_post_norm", options.dim, options.norm);
  if (before) child(feed_forward_norm_, "mlp_norm", options.dim, options.norm);
  register_module("mlp", feed_forward_);
  if (after) child(feed_forward_post_norm_, "mlp_post_norm", options.dim, options.norm);
}

BlockOutput DecoderBlock::forward(const at::Tensor& hidden, const PassContext& context) {
  const auto normed = [](const std::shared_ptr<Norm>& norm, const at::Tensor& x) {
    return norm ? norm->forward(x) : x;
  };
  const at::Tensor attended =
      normed(attention_post_norm_, attention_->forward(normed(attention_norm_, hidden), context));
  const at::Tensor between = hidden + attended;

  BlockOutput output = feed_forward_->forward(normed(feed_forward_norm_, between));
  output.hidden = between + normed(feed_forward_post_norm_, output.hidden);
  return output;
}

}  // namespace roux::nn
