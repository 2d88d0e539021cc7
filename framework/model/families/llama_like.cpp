#include "model/families/llama_like.h"

#include <algorithm>
#include <utility>

#include "model/families/rope.h"
#include "roux/base/error.h"

namespace roux::llama_like {
namespace {

const std::vector<std::pair<std::string, ops::Activation>>& activations() {
  static const std::vector<std::pair<std::string, ops::Activation>> names{
      {"silu", ops::Activation::Silu},         {"swish", ops::Activation::Silu},
      {"gelu", ops::Activation::Gelu},         {"gelu_pytorch_tanh", ops::Activation::GeluTanh},
      {"gelu_new", ops::Activation::GeluTanh}, {"gelu_fast", ops::Activation::GeluTanh},
      {"relu", ops::Activation::Relu}};
  return names;
}

// The shortest list that gives `all` when it is repeated.
std::vector<AttentionReach> shortest_period(const std::vector<AttentionReach>& all) {
  for (std::size_t period = 1; period < all.size(); ++period) {
    bool repeats = true;
    for (std::size_t i = period; i < all.size() && repeats; ++i)
      repeats = all[i] == all[i - period];
    if (repeats) return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(period)};
  }
  return all;
}

void map_projection(const std::string& ours, const std::string& theirs, bool bias, TensorMap& map) {
  map.same(ours + ".weight", theirs + ".weight");
  if (bias) map.same(ours + ".bias", theirs + ".bias");
}

void map_experts(const DecoderConfig& config, const ExpertNames& names, const std::string& ours,
                 const std::string& theirs, TensorMap& map) {
  map.same(ours + "mlp.router.weight", theirs + names.router + ".weight");
  const auto projection = [&](const char* our_name, const std::string& their_name) {
    for (std::int64_t e = 0; e < config.experts.num_experts; ++e) {
      map.add({.ours = cat(ours, "mlp.", our_name, ".weight"),
               .expert = e,
               .theirs = cat(theirs, "experts.", e, '.', their_name, ".weight")});
    }
  };
  projection("gate_proj", names.gate);
  projection("up_proj", names.up);
  projection("down_proj", names.down);
}

// `experts`: their names in layers that have some; null: no layer has.
void map_all(const DecoderConfig& config, const NormNames& norms, const ExpertNames* experts,
             TensorMap& map) {
  map_outside(config, map);
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string ours = our_layer(layer);
    const std::string theirs = their_layer(layer);
    map_norms(norms, ours, theirs, map);
    map_attention(config, ours, theirs, map);
    if (experts != nullptr && config.has_experts(layer)) {
      map_experts(config, *experts, ours, cat(theirs, experts->part, '.'), map);
    } else {
      map_feed_forward(config, ours, theirs, map);
    }
  }
}

}  // namespace

ops::Activation read_activation(const HuggingFaceConfig& config, std::string_view key,
                                const std::string& missing) {
  const std::string name = config.text(key, missing);
  for (const auto& [known, activation] : activations()) {
    if (known == name) return activation;
  }
  config.refuse(key, "must be silu, gelu, gelu_new, gelu_pytorch_tanh or relu");
}

std::string activation_name(ops::Activation activation) {
  for (const auto& [name, known] : activations()) {
    if (known == activation) return name;
  }
  throw InternalError("an activation of no name");
}

void require_causal(const HuggingFaceConfig& config) {
  if (config.is_null("is_causal") || !config.boolean("is_causal", true)) {
    config.refuse("is_causal", "must be true");
  }
  if (config.boolean("use_bidirectional_attention", false)) {
    config.refuse("use_bidirectional_attention", "must be false");
  }
}

DecoderConfig read(const HuggingFaceConfig& config) {
  require_causal(config);
  DecoderConfig decoder;
  decoder.vocab_size = config.integer("vocab_size");
  decoder.model_dim = config.integer("hidden_size");
  decoder.max_seq_len = config.integer("max_position_embeddings");
  decoder.num_layers = config.integer("num_hidden_layers");
  decoder.num_attn_heads = config.integer("num_attention_heads");
  decoder.num_key_value_heads = config.integer("num_key_value_heads", decoder.num_attn_heads);
  decoder.head_dim = config.maybe_integer("head_dim");
  decoder.ffn_inner_dim = config.integer("intermediate_size");
  decoder.tied_embeddings = config.boolean("tie_word_embeddings", false);
  decoder.activation = read_activation(config, "hidden_act", "silu");
  decoder.norm_eps = config.number("rms_norm_eps", 1e-6);
  decoder.init_std = config.number("initializer_range", 0.02);
  decoder.positions = read_positions(config, 10000.0);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json;
  json["vocab_size"] = config.vocab_size;
  json["hidden_size"] = config.model_dim;
  json["intermediate_size"] = config.ffn_inner_dim;
  json["num_hidden_layers"] = config.num_layers;
  json["num_attention_heads"] = config.num_attn_heads;
  json["num_key_value_heads"] = config.num_key_value_heads;
  json["head_dim"] = config.dim_of_head();
  json["max_position_embeddings"] = config.max_seq_len;
  json["hidden_act"] = activation_name(config.activation);
  json["rms_norm_eps"] = config.norm_eps;
  json["initializer_range"] = config.init_std;
  json["tie_word_embeddings"] = config.tied_embeddings;
  write_positions(config, json);
  return json;
}

DecoderConfig read_qwen3(const HuggingFaceConfig& config) {
  DecoderConfig decoder = read(config);
  decoder.attn_bias = config.boolean("attention_bias", false);
  decoder.attn_output_bias = decoder.attn_bias;
  decoder.query_key_norm = nn::QueryKeyNorm::PerHead;
  return decoder;
}

void read_late_windows(const HuggingFaceConfig& config, DecoderConfig& decoder) {
  const bool enabled = config.boolean("use_sliding_window", false);
  if (config.has("layer_types")) return read_window(config, enabled, kPublishedWindow, decoder);
  const auto window = llama_like::window(config, kPublishedWindow);
  const std::int64_t first = config.integer("max_window_layers", 28);
  if (!enabled || !window || first >= decoder.num_layers) return;
  if (decoder.num_layers > DecoderConfig::kMostLayers) return;  // refused later on
  std::vector<AttentionReach> reach;
  for (std::int64_t layer = 0; layer < decoder.num_layers; ++layer) {
    reach.push_back(layer < first ? AttentionReach::Full : AttentionReach::Sliding);
  }
  decoder.attention_pattern = shortest_period(reach);
  decoder.sliding_window = window;
}

void write_window(const DecoderConfig& config, nlohmann::ordered_json& json) {
  json["sliding_window"] = nullptr;
  if (config.sliding_window) json["sliding_window"] = *config.sliding_window;
}

void write_optional_window(const DecoderConfig& config, nlohmann::ordered_json& json) {
  json["use_sliding_window"] = config.sliding_window.has_value();
  write_window(config, json);
  if (config.sliding_window) write_layer_types(config, json);
}

std::optional<std::int64_t> window(const HuggingFaceConfig& config,
                                   std::optional<std::int64_t> missing) {
  if (config.is_null("sliding_window")) return std::nullopt;
  return config.has("sliding_window") ? config.integer("sliding_window") : missing;
}

void read_window(const HuggingFaceConfig& config, bool enabled, std::optional<std::int64_t> missing,
                 DecoderConfig& decoder) {
  std::vector<AttentionReach> reach;
  for (const std::string& type : config.texts("layer_types")) {
    if (type != "full_attention" && type != "sliding_attention") {
      config.fail("layer_types",
                  cat("must hold full_attention and sliding_attention, but holds \"", type, '"'));
    }
    reach.push_back(type == "sliding_attention" ? AttentionReach::Sliding : AttentionReach::Full);
  }
  if (config.has("layer_types") && static_cast<std::int64_t>(reach.size()) != decoder.num_layers) {
    config.fail("layer_types", cat("must have one entry for each of the ", decoder.num_layers,
                                   " layers, but has ", reach.size()));
  }
  const auto window = llama_like::window(config, missing);
  if (reach.empty() && enabled && window) reach = {AttentionReach::Sliding};
  if (reach.empty()) return;
  decoder.attention_pattern = shortest_period(reach);
  const bool any = std::find(reach.begin(), reach.end(), AttentionReach::Sliding) != reach.end();
  if (any) decoder.sliding_window = window;
}

void read_one_window(const HuggingFaceConfig& config, std::optional<std::int64_t> missing,
                     DecoderConfig& decoder) {
  const auto reach = window(config, missing);
  if (!reach) return;
  decoder.attention_pattern = {AttentionReach::Sliding};
  decoder.sliding_window = reach;
}

void write_layer_types(const DecoderConfig& config, nlohmann::ordered_json& json) {
  auto types = nlohmann::ordered_json::array();
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    types.push_back(config.slides(layer) ? "sliding_attention" : "full_attention");
  }
  json["layer_types"] = std::move(types);
}

std::string our_layer(std::int64_t layer) {
  return cat("layers.", layer, '.');
}

std::string their_layer(std::int64_t layer) {
  return cat("model.layers.", layer, '.');
}

void map_outside(const DecoderConfig& config, TensorMap& map) {
  map.set_base_prefix("model.");
  map.same("embed_tokens.weight", "model.embed_tokens.weight");
  map.same("norm.weight", "model.norm.weight");
  if (config.tied_embeddings) {
    map.tie("lm_head.weight", "model.embed_tokens.weight");
  } else {
    map.same("lm_head.weight", "lm_head.weight");
  }
  map.ignore("model.layers.*.self_attn.rotary_emb.inv_freq");
}

void map_norms(const NormNames& norms, const std::string& ours, const std::string& theirs,
               TensorMap& map) {
  const auto norm = [&](const char* our_name, const std::string& their_name) {
    if (!their_name.empty()) map.same(ours + our_name + ".weight", theirs + their_name + ".weight");
  };
  norm("attention_norm", norms.attention);
  norm("attention_post_norm", norms.attention_post);
  norm("mlp_norm", norms.feed_forward);
  norm("mlp_post_norm", norms.feed_forward_post);
}

void map_attention(const DecoderConfig& config, const std::string& ours, const std::string& theirs,
                   TensorMap& map) {
  for (const char* name : {"q_proj", "k_proj", "v_proj"}) {
    map_projection(ours + "self_attn." + name, theirs + "self_attn." + name, config.attn_bias, map);
  }
  map_projection(ours + "self_attn.o_proj", theirs + "self_attn.o_proj", config.attn_output_bias,
                 map);
  if (config.query_key_norm == nn::QueryKeyNorm::None) return;
  for (const char* name : {"q_norm", "k_norm"}) {
    map.same(ours + "self_attn." + name + ".weight", theirs + "self_attn." + name + ".weight");
  }
}

void map_feed_forward(const DecoderConfig& config, const std::string& ours,
                      const std::string& theirs, TensorMap& map) {
  for (const char* name : {"gate_proj", "up_proj", "down_proj"}) {
    map_projection(ours + "mlp." + name, theirs + "mlp." + name, config.ffn_bias, map);
  }
}

void map(const DecoderConfig& config, const NormNames& norms, TensorMap& map) {
  map_all(config, norms, /*experts=*/nullptr, map);
}

void map_mixture(const DecoderConfig& config, const ExpertNames& names, TensorMap& map) {
  map_all(config, /*norms=*/{}, &names, map);
}

}  // namespace roux::llama_like
