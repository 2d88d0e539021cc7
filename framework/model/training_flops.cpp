#include "model/training_flops.h"

#include <algorithm>

namespace roux {
namespace {

// The weights that a token is multiplied with in a layer's feed-forward part.
std::int64_t feed_forward_weights(const DecoderConfig& config, std::int64_t layer) {
  const std::int64_t dim = config.model_dim;
  if (!config.has_experts(layer)) return (config.gated_ffn ? 3 : 2) * dim * config.ffn_inner_dim;
  const ExpertsConfig& experts = config.experts;
  return 3 * dim * experts.ffn_inner_dim * experts.top_k + dim * experts.num_experts;
}

std::int64_t weights_of_a_token(const DecoderConfig& config) {
  const std::int64_t heads = config.num_attn_heads + config.num_key_value_heads;
  std::int64_t weights = config.model_dim * config.vocab_size;  // the last projection
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    weights += 2 * config.model_dim * heads * config.dim_of_head();
    weights += feed_forward_weights(config, layer);
  }
  return weights;
}

}  // namespace

double training_flops(const DecoderConfig& config, const nn::TokenBatch& batch) {
  constexpr double kOfAWeight = 6.0;     // multiply and add: forward, and twice backward
  constexpr double kOfAPosition = 12.0;  // the same, for scores and for sums of values
  const auto width = static_cast<double>(config.num_attn_heads * config.dim_of_head());
  double tokens = 0.0;
  double positions = 0.0;  // that are looked at, in all layers
  for (const ops::AttentionSpan& span : batch.layout.spans()) {
    const auto queries = static_cast<double>(span.query_length);
    tokens += queries;
    for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
      const std::int64_t reach = config.slides(layer)
                                     ? std::min(span.key_length, *config.sliding_window)
                                     : span.key_length;
      positions += queries * static_cast<double>(reach);
    }
  }
  return kOfAWeight * static_cast<double>(weights_of_a_token(config)) * tokens +
         kOfAPosition * width * positions;
}

}  // namespace roux
