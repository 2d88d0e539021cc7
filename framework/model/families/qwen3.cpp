#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read_qwen3(config);
  decoder.head_dim = config.integer("head_dim", 128);
  llama_like::read_late_windows(config, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Qwen3ForCausalLM"}}, {"model_type", "qwen3"}};
  json.update(llama_like::write(config));
  json["attention_bias"] = config.attn_bias;
  llama_like::write_optional_window(config, json);
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map(config, {}, map);
}

DecoderConfig qwen3(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                    std::int64_t ffn_inner_dim, bool tied) {
  DecoderConfig config;
  config.vocab_size = 151936;
  config.max_seq_len = 40960;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = 8;
  config.head_dim = 128;
  config.ffn_inner_dim = ffn_inner_dim;
  config.tied_embeddings = tied;
  config.norm_eps = 1e-6;
  config.query_key_norm = nn::QueryKeyNorm::PerHead;
  config.positions.theta = 1e6;
  return config;
}

}  // namespace

DecoderFamily qwen3_family() {
  return {.name = "qwen3",
          .model_types = {"qwen3"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"qwen3_0_6b", qwen3(1024, 28, 16, 3072, /*tied=*/true)},
              {"qwen3_1_7b", qwen3(2048, 28, 16, 6144, /*tied=*/true)},
              {"qwen3_4b", qwen3(2560, 36, 32, 9728, /*tied=*/true)},
              {"qwen3_8b", qwen3(4096, 36, 32, 12288, /*tied=*/false)},
              {"qwen3_14b", qwen3(5120, 40, 40, 17408, /*tied=*/false)},
              {"qwen3_32b", qwen3(5120, 64, 64, 25600, /*tied=*/false)},
          }};
}

}  // namespace roux
