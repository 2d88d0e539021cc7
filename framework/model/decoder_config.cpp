#include "roux/model/decoder_config.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/config/problems.h"

namespace roux {

void describe(config::EnumValues<AttentionReach>& value) {
  value("full", AttentionReach::Full, "Every token before.");
  value("sliding", AttentionReach::Sliding, "The last `sliding_window` tokens.");
}

void describe(config::EnumValues<PositionKind>& value) {
  value("rotary", PositionKind::Rotary, "Queries and keys are turned by their positions.");
  value("learned", PositionKind::Learned, "An embedding of each position is added: GPT-2.");
}

void PositionConfig::describe(config::Fields<PositionConfig>& field) {
  field("kind", &PositionConfig::kind, "How positions are told.");
  field("theta", &PositionConfig::theta, "The base of the rotary frequencies.").more_than(0);
  field("rotary_share", &PositionConfig::rotary_share, "The share of each head that turns.")
      .more_than(0)
      .at_most(1);
  field("scaling", &PositionConfig::scaling,
        "How the frequencies reach beyond the trained length.");
  field("sliding_theta", &PositionConfig::sliding_theta,
        "The base for layers that slide, where it is another one; never scaled.")
      .more_than(0);
}

void ExpertsConfig::describe(config::Fields<ExpertsConfig>& field) {
  field("num_experts", &ExpertsConfig::num_experts, "Experts to choose from; 0: none.")
      .at_least(0)
      .at_most(DecoderConfig::kMostExperts);
  field("top_k", &ExpertsConfig::top_k, "Experts that each token goes to.").at_least(1);
  field("ffn_inner_dim", &ExpertsConfig::ffn_inner_dim, "The inner dimension of each.")
      .at_least(0)
      .at_most(DecoderConfig::kLargestSize);
  field("normalise_weights", &ExpertsConfig::normalise_weights,
        "Whether the weights of a token's experts sum to 1.");
  field("auxiliary_loss", &ExpertsConfig::auxiliary_loss,
        "What the load-balancing loss is multiplied by.")
      .at_least(0);
  field("every_n_layers", &ExpertsConfig::every_n_layers,
        "Layers whose number, from 1, is a multiple of this have experts.")
      .at_least(1);
  field("dense_layers", &ExpertsConfig::dense_layers,
        "Layers, from 0, that have none all the same.");
}

void DecoderConfig::describe(config::Fields<DecoderConfig>& field) {
  using C = DecoderConfig;
  field("vocab_size", &C::vocab_size, "Tokens in the vocabulary.")
      .at_least(1)
      .at_most(kLargestSize);
  field("model_dim", &C::model_dim, "Dimension of the hidden states.")
      .at_least(1)
      .at_most(kLargestSize);
  field("max_seq_len", &C::max_seq_len, "Tokens of the longest text.")
      .at_least(1)
      .at_most(kLargestSize);
  field("num_layers", &C::num_layers, "Blocks.").at_least(1).at_most(kMostLayers);
  field("num_attn_heads", &C::num_attn_heads, "Heads of the queries.")
      .at_least(1)
      .at_most(kLargestSize);
  field("num_key_value_heads", &C::num_key_value_heads, "Heads of the keys and values.")
      .at_least(1)
      .at_most(kLargestSize);
  field("head_dim", &C::head_dim, "Dimension of a head; unset: model_dim / num_attn_heads.")
      .at_least(1)
      .at_most(kLargestSize);
  field("ffn_inner_dim", &C::ffn_inner_dim, "Inner dimension of the feed-forward part.")
      .at_least(1)
      .at_most(kLargestSize);
  field("tied_embeddings", &C::tied_embeddings, "Whether the output projection is the embedding.");
  field("positions", &C::positions, "How positions are told.");
  field("activation", &C::activation, "Of the feed-forward part.");
  field("gated_ffn", &C::gated_ffn, "activation(gate) * up instead of activation(up).");
  field("ffn_bias", &C::ffn_bias, "Biases in the feed-forward part.");
  field("attn_bias", &C::attn_bias, "Biases of queries, keys and values.");
  field("attn_output_bias", &C::attn_output_bias, "A bias of the attention's output.");
  field("norm", &C::norm, "The normalisation.");
  field("norm_eps", &C::norm_eps, "What keeps it from dividing by zero.").more_than(0);
  field("norm_weight_offset", &C::norm_weight_offset,
        "Added to its stored weights: 1 where they lie around zero.");
  field("norm_placement", &C::norm_placement, "Where a block normalises.");
  field("query_key_norm", &C::query_key_norm, "Whether queries and keys are normalised.");
  field("attention_pattern", &C::attention_pattern,
        "How far the layers reach, repeated as often as there are layers.")
      .not_empty();
  field("sliding_window", &C::sliding_window, "Tokens that a sliding layer sees, itself included.")
      .at_least(1);
  field("attention_scale", &C::attention_scale,
        "What queries times keys are multiplied by; unset: 1 / sqrt(head_dim).")
      .more_than(0);
  field("attention_softcap", &C::attention_softcap, "Bound of the attention's scores; 0: none.")
      .at_least(0);
  field("logit_softcap", &C::logit_softcap, "Bound of the logits; 0: none.").at_least(0);
  field("scaled_embeddings", &C::scaled_embeddings,
        "Whether embeddings are multiplied by sqrt(model_dim): Gemma.");
  field("experts", &C::experts, "Feed-forward parts that are a choice of experts.");
  field("init_std", &C::init_std, "Deviation of the first weights.").at_least(0);
  field(
      "scaled_residual_init", &C::scaled_residual_init,
      "Whether projections that add to the hidden states start smaller, by sqrt(2 * num_layers).");
}

void DecoderConfig::validate(config::Problems& problems) const {
  // Their bounds say so, and nothing can be told of the rest.
  if (model_dim < 1 || num_attn_heads < 1 || num_key_value_heads < 1) return;
  const bool heads_fit = head_dim || model_dim % num_attn_heads == 0;
  if (!heads_fit) {
    problems.add("num_attn_heads",
                 cat("must divide model_dim (", model_dim, "), but is ", num_attn_heads));
  }
  if (dim_of_head() < 1) return;
  if (num_attn_heads % num_key_value_heads != 0) {
    problems.add("num_key_value_heads", cat("must divide num_attn_heads (", num_attn_heads,
                                            "), but is ", num_key_value_heads));
  }
  const bool any_slides = std::find(attention_pattern.begin(), attention_pattern.end(),
                                    AttentionReach::Sliding) != attention_pattern.end();
  if (any_slides && !sliding_window) problems.needs("sliding_window");
  if (heads_fit && positions.kind == PositionKind::Rotary &&
      (rotary_dim() % 2 != 0 || rotary_dim() == 0)) {
    problems.add("positions.rotary_share",
                 cat("must leave an even number of elements to turn, but leaves ", rotary_dim()));
  }
  const auto& scaling = positions.scaling;
  if (scaling.kind == ops::RotaryScalingKind::LongRope &&
      static_cast<std::int64_t>(scaling.short_factors.size()) != rotary_dim() / 2) {
    problems.add("positions.scaling.short_factors",
                 cat("must be ", rotary_dim() / 2, ", one for each pair of elements, but are ",
                     scaling.short_factors.size()));
  }
  validate_sizes(problems);
  if (experts.num_experts > 0) {
    if (experts.top_k > experts.num_experts) {
      problems.add("experts.top_k", cat("must be at most num_experts (", experts.num_experts,
                                        "), but is ", experts.top_k));
    }
    if (experts.ffn_inner_dim == 0) problems.needs("experts.ffn_inner_dim");
    if (!gated_ffn) problems.add("gated_ffn", "must be true where there are experts");
    if (ffn_bias) problems.add("ffn_bias", "must be false where there are experts");
  }
}

// Sizes that are sound alone may multiply to more than there is. Counted in doubles, which don't
// overflow.
void DecoderConfig::validate_sizes(config::Problems& problems) const {
  const auto check = [&](std::string_view key, std::int64_t size, double others, double most) {
    if (static_cast<double>(size) * others <= most) return;
    problems.add(key, cat("must be at most ", static_cast<std::int64_t>(most / others),
                          " beside the other sizes, but is ", size));
  };
  const auto dim = static_cast<double>(model_dim);
  check("vocab_size", vocab_size, dim, kLargestMatrix);
  if (positions.kind == PositionKind::Learned)
    check("max_seq_len", max_seq_len, dim, kLargestMatrix);
  check("num_attn_heads", num_attn_heads, dim * static_cast<double>(dim_of_head()), kLargestMatrix);
  check("ffn_inner_dim", ffn_inner_dim, dim, kLargestMatrix);
  const auto num_experts = static_cast<double>(experts.num_experts);
  check("experts.ffn_inner_dim", experts.ffn_inner_dim, dim * num_experts, kLargestMatrix);
  check("experts.num_experts", experts.num_experts, static_cast<double>(num_layers), kMostExperts);
}

std::int64_t DecoderConfig::rotary_dim() const {
  return static_cast<std::int64_t>(static_cast<double>(dim_of_head()) * positions.rotary_share);
}

bool DecoderConfig::slides(std::int64_t layer) const {
  const auto place = static_cast<std::size_t>(layer) % attention_pattern.size();
  return attention_pattern[place] == AttentionReach::Sliding;
}

bool DecoderConfig::has_experts(std::int64_t layer) const {
  const auto& dense = experts.dense_layers;
  return experts.num_experts > 0 && (layer + 1) % experts.every_n_layers == 0 &&
         std::find(dense.begin(), dense.end(), layer) == dense.end();
}

}  // namespace roux
