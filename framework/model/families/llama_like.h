#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/decoder_family.h"

// What Llama's descendants have in common: the keys of config.json and the names of tensors, from
// which each family's file says where it differs.
namespace roux::llama_like {

// Reads sizes, the norm, the activation, ties and positions.
DecoderConfig read(const HuggingFaceConfig& config);
nlohmann::ordered_json write(const DecoderConfig& config);

// The same with what Qwen 3's dense and mixed families add.
DecoderConfig read_qwen3(const HuggingFaceConfig& config);

// Refuses models whose tokens also see those behind them.
void require_causal(const HuggingFaceConfig& config);

// The "sliding_window" of transformers' configs where a file leaves it out, but for some families.
inline constexpr std::int64_t kPublishedWindow = 4096;

// "sliding_window": `missing` where it is left out, and none where it is null.
std::optional<std::int64_t> window(const HuggingFaceConfig& config,
                                   std::optional<std::int64_t> missing);

// "layer_types", or else `sliding` for every layer where there is a window() and `enabled`.
void read_window(const HuggingFaceConfig& config, bool enabled, std::optional<std::int64_t> missing,
                 DecoderConfig& decoder);
// The same for families that have no "layer_types": a window() for every layer.
void read_one_window(const HuggingFaceConfig& config, std::optional<std::int64_t> missing,
                     DecoderConfig& decoder);

// "sliding_window", or null.
void write_window(const DecoderConfig& config, nlohmann::ordered_json& json);

// read_window() for Qwen: layers from "max_window_layers" on slide, where "use_sliding_window" is
// set and "layer_types" does not say it.
void read_late_windows(const HuggingFaceConfig& config, DecoderConfig& decoder);

// "use_sliding_window" and what goes with it, as Qwen's configs have it.
void write_optional_window(const DecoderConfig& config, nlohmann::ordered_json& json);
void write_layer_types(const DecoderConfig& config, nlohmann::ordered_json& json);

// Where the family's norms lie in its checkpoints; empty: it has none there.
struct NormNames {
  std::string attention = "input_layernorm";
  std::string attention_post;
  std::string feed_forward = "post_attention_layernorm";
  std::string feed_forward_post;
};

// Embeddings, head, attention and dense feed-forward parts under Llama's names.
void map(const DecoderConfig& config, const NormNames& norms, TensorMap& map);

// The names of a layer's experts: "<layer><part>.experts.<e>.<gate>.weight" and so on.
struct ExpertNames {
  std::string part;
  std::string router;
  std::string gate;
  std::string up;
  std::string down;
};

// map() for families of which some layers, or all, have experts.
void map_mixture(const DecoderConfig& config, const ExpertNames& names, TensorMap& map);

// The same in parts, for families that differ in one of them. `ours` and `theirs` are the path of a
// layer: "layers.0." and "model.layers.0.".
void map_outside(const DecoderConfig& config, TensorMap& map);
void map_norms(const NormNames& norms, const std::string& ours, const std::string& theirs,
               TensorMap& map);
void map_attention(const DecoderConfig& config, const std::string& ours, const std::string& theirs,
                   TensorMap& map);
void map_feed_forward(const DecoderConfig& config, const std::string& ours,
                      const std::string& theirs, TensorMap& map);

// The paths of layer `layer` on both sides.
std::string our_layer(std::int64_t layer);
std::string their_layer(std::int64_t layer);

// What transformers calls activations.
ops::Activation read_activation(const HuggingFaceConfig& config, std::string_view key,
                                const std::string& missing);
std::string activation_name(ops::Activation activation);

}  // namespace roux::llama_like
