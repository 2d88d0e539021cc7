#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read(config);
  decoder.attn_bias = config.boolean("attention_bias", false);
  decoder.attn_output_bias = decoder.attn_bias;
  decoder.norm_placement = nn::NormPlacement::After;
  decoder.query_key_norm = nn::QueryKeyNorm::Whole;
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Olmo2ForCausalLM"}}, {"model_type", "olmo2"}};
  json.update(llama_like::write(config));
  json["attention_bias"] = config.attn_bias;
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  const llama_like::NormNames norms{.attention = "",
                                    .attention_post = "post_attention_layernorm",
                                    .feed_forward = "",
                                    .feed_forward_post = "post_feedforward_layernorm"};
  llama_like::map(config, norms, map);
}

DecoderConfig olmo2(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                    std::int64_t key_heads, std::int64_t ffn_inner_dim) {
  DecoderConfig config;
  config.vocab_size = 100352;
  config.max_seq_len = 4096;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = key_heads;
  config.ffn_inner_dim = ffn_inner_dim;
  config.norm_eps = 1e-6;
  config.norm_placement = nn::NormPlacement::After;
  config.query_key_norm = nn::QueryKeyNorm::Whole;
  config.positions.theta = 500000.0;
  return config;
}

}  // namespace

DecoderFamily olmo2_family() {
  return {.name = "olmo2",
          .model_types = {"olmo2"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"olmo2_1b", olmo2(2048, 16, 16, 16, 8192)},
              {"olmo2_7b", olmo2(4096, 32, 32, 32, 11008)},
              {"olmo2_13b", olmo2(5120, 40, 40, 40, 13824)},
              {"olmo2_32b", olmo2(5120, 64, 40, 8, 27648)},
          }};
}

}  // namespace roux
