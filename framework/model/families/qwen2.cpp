#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read(config);
  decoder.attn_bias = true;
  llama_like::read_late_windows(config, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Qwen2ForCausalLM"}}, {"model_type", "qwen2"}};
  json.update(llama_like::write(config));
  llama_like::write_optional_window(config, json);
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map(config, {}, map);
}

DecoderConfig qwen2_5(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                      std::int64_t key_heads, std::int64_t ffn_inner_dim) {
  DecoderConfig config;
  config.vocab_size = 152064;
  config.max_seq_len = 131072;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = key_heads;
  config.ffn_inner_dim = ffn_inner_dim;
  config.attn_bias = true;
  config.norm_eps = 1e-6;
  config.positions.theta = 1e6;
  return config;
}

// The small ones are tied, and leave out the places that pad the vocabulary of the others.
DecoderConfig small(DecoderConfig config, std::int64_t max_seq_len) {
  config.vocab_size = 151936;
  config.tied_embeddings = true;
  config.max_seq_len = max_seq_len;
  return config;
}

DecoderConfig coarser_norm(DecoderConfig config) {
  config.norm_eps = 1e-5;
  return config;
}

}  // namespace

DecoderFamily qwen2_family() {
  return {.name = "qwen2",
          .model_types = {"qwen2"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"qwen2_5_0_5b", small(qwen2_5(896, 24, 14, 2, 4864), 32768)},
              {"qwen2_5_1_5b", small(qwen2_5(1536, 28, 12, 2, 8960), 131072)},
              {"qwen2_5_3b", small(qwen2_5(2048, 36, 16, 2, 11008), 32768)},
              {"qwen2_5_7b", qwen2_5(3584, 28, 28, 4, 18944)},
              {"qwen2_5_14b", coarser_norm(qwen2_5(5120, 48, 40, 8, 13824))},
              {"qwen2_5_32b", coarser_norm(qwen2_5(5120, 64, 40, 8, 27648))},
              {"qwen2_5_72b", coarser_norm(qwen2_5(8192, 80, 64, 8, 29568))},
          }};
}

}  // namespace roux
