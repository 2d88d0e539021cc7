#include <algorithm>
#include <cmath>

#include "model/families/families.h"
#include "model/families/gemma.h"
#include "model/families/llama_like.h"
#include "model/families/rope.h"
#include "roux/base/error.h"

namespace roux {
namespace {

// The config of the text: a part of that of a model which also sees. What it leaves out there are
// the values of transformers, which the published ones count on.
HuggingFaceConfig text_part(const HuggingFaceConfig& config) {
  if (config.text("model_type", "") != "gemma3") return config;
  const auto text = config.table("text_config");
  if (!text) config.refuse("text_config", "must be a table");
  return text->with_defaults({{"vocab_size", 262208},
                              {"hidden_size", 2304},
                              {"intermediate_size", 9216},
                              {"num_hidden_layers", 26},
                              {"num_attention_heads", 8},
                              {"num_key_value_heads", 4},
                              {"max_position_embeddings", 131072}});
}

DecoderConfig read(const HuggingFaceConfig& whole) {
  const HuggingFaceConfig config = text_part(whole);
  DecoderConfig decoder = gemma::read(config);
  decoder.tied_embeddings = whole.boolean("tie_word_embeddings", true);  // never the text's own
  decoder.logit_softcap = config.number("final_logit_softcapping", 0.0);
  decoder.query_key_norm = nn::QueryKeyNorm::PerHead;
  decoder.positions = read_positions(config, 1e6, /*default_sliding_theta=*/10000.0);
  const std::int64_t pattern = config.integer("sliding_window_pattern", 6);
  if (pattern < 1) config.refuse("sliding_window_pattern", "must be at least 1");
  decoder.attention_pattern = gemma::one_full_of(std::min(pattern, DecoderConfig::kMostLayers));
  decoder.sliding_window = llama_like::window(config, llama_like::kPublishedWindow);
  llama_like::read_window(config, /*enabled=*/false, llama_like::kPublishedWindow, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Gemma3ForCausalLM"}},
                              {"model_type", "gemma3_text"}};
  json.update(gemma::write(config));
  return json;
}

// Larger models have the text's tensors at one of two places, by the version of transformers.
void map(const DecoderConfig& config, TensorMap& map) {
  gemma::map(config, map);
  map.nest("", "language_model.");
  map.nest("model.", "model.language_model.");
  for (const char* model : {"", "model."}) {
    map.beside(cat(model, "vision_tower."));
    map.beside(cat(model, "multi_modal_projector."));
  }
}

struct Size {
  std::int64_t dim;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t key_heads;
  std::int64_t ffn_inner_dim;
};

DecoderConfig gemma3(const Size& size, std::int64_t window) {
  DecoderConfig config = gemma::base();
  config.vocab_size = 262144;
  config.max_seq_len = 32768;
  config.model_dim = size.dim;
  config.num_layers = size.layers;
  config.num_attn_heads = size.heads;
  config.num_key_value_heads = size.key_heads;
  config.ffn_inner_dim = size.ffn_inner_dim;
  config.query_key_norm = nn::QueryKeyNorm::PerHead;
  config.attention_pattern = gemma::one_full_of(6);
  config.sliding_window = window;
  config.attention_scale = 1.0 / std::sqrt(256.0);
  config.positions.theta = 1e6;
  config.positions.sliding_theta = 10000.0;
  return config;
}

// The text part of those that also see pictures.
DecoderConfig large(const Size& size) {
  DecoderConfig config = gemma3(size, /*window=*/1024);
  config.vocab_size = 262208;
  config.max_seq_len = 131072;
  config.positions.scaling.kind = ops::RotaryScalingKind::Linear;
  config.positions.scaling.factor = 8.0;
  return config;
}

DecoderConfig gemma3_27b() {
  DecoderConfig config = large({5376, 62, 32, 16, 21504});
  config.head_dim = 128;
  config.attention_scale = 1.0 / std::sqrt(168.0);
  return config;
}

}  // namespace

DecoderFamily gemma3_family() {
  return {.name = "gemma3",
          .model_types = {"gemma3_text", "gemma3"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"gemma3_270m", gemma3({640, 18, 4, 1, 2048}, /*window=*/512)},
              {"gemma3_1b", gemma3({1152, 26, 4, 1, 6912}, /*window=*/512)},
              {"gemma3_4b", large({2560, 34, 8, 4, 10240})},
              {"gemma3_12b", large({3840, 48, 16, 8, 15360})},
              {"gemma3_27b", gemma3_27b()},
          }};
}

}  // namespace roux
