#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/fields.h"
#include "roux/nn/kinds.h"
#include "roux/ops/activation_kind.h"
#include "roux/ops/rotary_scaling.h"

namespace roux {

enum class AttentionReach { Full, Sliding };

void describe(config::EnumValues<AttentionReach>& value);

enum class PositionKind { Rotary, Learned };

void describe(config::EnumValues<PositionKind>& value);

// How the positions of a decoder are told.
struct PositionConfig {
  PositionKind kind = PositionKind::Rotary;
  double theta = 10000.0;

  // The share of each head's elements that turn.
  double rotary_share = 1.0;
  ops::RotaryScaling scaling;

  // Of layers that slide, where it is another one than `theta`; it is never scaled.
  std::optional<double> sliding_theta;

  bool operator==(const PositionConfig&) const = default;

  static void describe(config::Fields<PositionConfig>& field);
};

// Feed-forward parts that are a choice of experts.
struct ExpertsConfig {
  std::int64_t num_experts = 0;  // 0: none
  std::int64_t top_k = 2;
  std::int64_t ffn_inner_dim = 0;
  bool normalise_weights = true;

  // What the load-balancing loss is multiplied by when it is added to the mean loss.
  double auxiliary_loss = 0.001;

  // Layer i has experts where (i + 1) is a multiple of this and i is not in `dense_layers`.
  std::int64_t every_n_layers = 1;
  std::vector<std::int64_t> dense_layers;

  bool operator==(const ExpertsConfig&) const = default;

  static void describe(config::Fields<ExpertsConfig>& field);
};

// A decoder-only transformer, in the words that fairseq2 has for them. Every family of ours is one
// of these; `model.config_overrides` changes single fields of it.
struct DecoderConfig {
  // More than any model has: a damaged file asks for them, and would be given all memory.
  static constexpr std::int64_t kMostLayers = 10'000;
  static constexpr std::int64_t kMostExperts = 50'000;  // of all layers
  static constexpr std::int64_t kLargestSize = 2'147'483'647;
  static constexpr std::int64_t kLargestMatrix = std::int64_t{1} << 40;  // elements

  std::int64_t vocab_size = 32000;
  std::int64_t model_dim = 4096;
  std::int64_t max_seq_len = 4096;
  std::int64_t num_layers = 32;
  std::int64_t num_attn_heads = 32;
  std::int64_t num_key_value_heads = 32;
  std::optional<std::int64_t> head_dim;
  std::int64_t ffn_inner_dim = 11008;
  bool tied_embeddings = false;

  PositionConfig positions;

  ops::Activation activation = ops::Activation::Silu;
  bool gated_ffn = true;
  bool ffn_bias = false;
  bool attn_bias = false;
  bool attn_output_bias = false;

  nn::NormKind norm = nn::NormKind::Rms;
  double norm_eps = 1e-5;
  double norm_weight_offset = 0.0;
  nn::NormPlacement norm_placement = nn::NormPlacement::Before;
  nn::QueryKeyNorm query_key_norm = nn::QueryKeyNorm::None;

  // The pattern of the layers' reach, repeated as often as there are layers.
  std::vector<AttentionReach> attention_pattern = {AttentionReach::Full};
  std::optional<std::int64_t> sliding_window;

  std::optional<double> attention_scale;
  double attention_softcap = 0.0;
  double logit_softcap = 0.0;
  bool scaled_embeddings = false;

  ExpertsConfig experts;

  double init_std = 0.02;
  bool scaled_residual_init = false;

  std::int64_t dim_of_head() const { return head_dim.value_or(model_dim / num_attn_heads); }
  std::int64_t rotary_dim() const;
  bool slides(std::int64_t layer) const;
  bool has_experts(std::int64_t layer) const;

  bool operator==(const DecoderConfig&) const = default;

  static void describe(config::Fields<DecoderConfig>& field);
  void validate(config::Problems& problems) const;

 private:
  void validate_sizes(config::Problems& problems) const;
};

}  // namespace roux
