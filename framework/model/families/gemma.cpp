#include "model/families/gemma.h"

#include <cmath>

#include "model/families/llama_like.h"

namespace roux::gemma {

DecoderConfig base() {
  DecoderConfig config;
  config.head_dim = 256;
  config.tied_embeddings = true;
  config.activation = ops::Activation::GeluTanh;
  config.norm_eps = 1e-6;
  config.norm_weight_offset = 1.0;
  config.norm_placement = nn::NormPlacement::Both;
  config.scaled_embeddings = true;
  return config;
}

std::vector<AttentionReach> one_full_of(std::int64_t n) {
  std::vector<AttentionReach> pattern(static_cast<std::size_t>(n), AttentionReach::Sliding);
  pattern.back() = AttentionReach::Full;
  return pattern;
}

DecoderConfig read(const HuggingFaceConfig& config) {
  const DecoderConfig fixed = base();
  DecoderConfig decoder = llama_like::read(config);
  decoder.head_dim = config.integer("head_dim", 256);
  decoder.tied_embeddings = config.boolean("tie_word_embeddings", true);
  decoder.activation =
      llama_like::read_activation(config, "hidden_activation", "gelu_pytorch_tanh");
  decoder.attn_bias = config.boolean("attention_bias", false);
  decoder.attn_output_bias = decoder.attn_bias;
  decoder.norm_weight_offset = fixed.norm_weight_offset;
  decoder.norm_placement = fixed.norm_placement;
  decoder.scaled_embeddings = fixed.scaled_embeddings;
  const std::int64_t scalar = config.integer("query_pre_attn_scalar", 256);
  if (scalar < 1) config.refuse("query_pre_attn_scalar", "must be at least 1");
  decoder.attention_scale = 1.0 / std::sqrt(static_cast<double>(scalar));
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json = llama_like::write(config);
  json.erase("hidden_act");
  json["hidden_activation"] = llama_like::activation_name(config.activation);
  json["attention_bias"] = config.attn_bias;
  const double scale =
      config.attention_scale.value_or(1.0 / std::sqrt(static_cast<double>(config.dim_of_head())));
  // An integer, also in transformers.
  json["query_pre_attn_scalar"] = std::llround(1.0 / (scale * scale));
  llama_like::write_window(config, json);
  llama_like::write_layer_types(config, json);
  const auto cap = [&](const char* key, double value) {
    json[key] = nullptr;
    if (value > 0.0) json[key] = value;
  };
  cap("attn_logit_softcapping", config.attention_softcap);
  cap("final_logit_softcapping", config.logit_softcap);
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  const llama_like::NormNames norms{.attention = "input_layernorm",
                                    .attention_post = "post_attention_layernorm",
                                    .feed_forward = "pre_feedforward_layernorm",
                                    .feed_forward_post = "post_feedforward_layernorm"};
  llama_like::map(config, norms, map);
}

}  // namespace roux::gemma
