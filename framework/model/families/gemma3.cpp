#include <cmath>

#include "model/families/families.h"
#include "model/families/gemma.h"
#include "model/families/llama_like.h"
#include "model/families/rope.h"
#include "roux/base/error.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  if (config.boolean("use_bidirectional_attention", false)) {
    config.refuse("use_bidirectional_attention", "must be false");
  }
  DecoderConfig decoder = gemma::read(config);
  decoder.attention_softcap = config.number("attn_logit_softcapping", 0.0);
  decoder.logit_softcap = config.number("final_logit_softcapping", 0.0);
  decoder.query_key_norm = nn::QueryKeyNorm::PerHead;
  decoder.positions = read_positions(config, 1e6, /*default_sliding_theta=*/10000.0);
  const std::int64_t pattern = config.integer("sliding_window_pattern", 6);
  if (pattern < 1) {
    config.refuse("sliding_window_pattern", cat("must be at least 1, but is ", pattern));
  }
  decoder.attention_pattern = gemma::one_full_of(pattern);
  decoder.sliding_window = config.integer("sliding_window", 4096);
  llama_like::read_window(config, /*enabled=*/false, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Gemma3ForCausalLM"}},
                              {"model_type", "gemma3_text"}};
  json.update(gemma::write(config));
  return json;
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
          .model_types = {"gemma3_text"},
          .read = read,
          .write = write,
          .map = gemma::map,
          .architectures = {
              {"gemma3_270m", gemma3({640, 18, 4, 1, 2048}, /*window=*/512)},
              {"gemma3_1b", gemma3({1152, 26, 4, 1, 6912}, /*window=*/512)},
              {"gemma3_4b", large({2560, 34, 8, 4, 10240})},
              {"gemma3_12b", large({3840, 48, 16, 8, 15360})},
              {"gemma3_27b", gemma3_27b()},
          }};
}

}  // namespace roux
