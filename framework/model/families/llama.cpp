#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read(config);
  decoder.attn_bias = config.boolean("attention_bias", false);
  decoder.attn_output_bias = decoder.attn_bias;
  decoder.ffn_bias = config.boolean("mlp_bias", false);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"LlamaForCausalLM"}}, {"model_type", "llama"}};
  json.update(llama_like::write(config));
  json["attention_bias"] = config.attn_bias;
  json["mlp_bias"] = config.ffn_bias;
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map(config, {}, map);
}

struct Size {
  std::int64_t dim;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t key_heads;
  std::int64_t ffn_inner_dim;
};

DecoderConfig llama2(const Size& size) {
  DecoderConfig config;
  config.vocab_size = 32000;
  config.max_seq_len = 4096;
  config.model_dim = size.dim;
  config.num_layers = size.layers;
  config.num_attn_heads = size.heads;
  config.num_key_value_heads = size.key_heads;
  config.ffn_inner_dim = size.ffn_inner_dim;
  return config;
}

DecoderConfig tiny_llama() {
  DecoderConfig config = llama2({2048, 22, 32, 4, 5632});
  config.max_seq_len = 2048;
  return config;
}

DecoderConfig llama3(const Size& size) {
  DecoderConfig config = llama2(size);
  config.vocab_size = 128256;
  config.max_seq_len = 8192;
  config.positions.theta = 500000.0;
  return config;
}

DecoderConfig llama3_1(const Size& size, double factor = 8.0) {
  DecoderConfig config = llama3(size);
  config.max_seq_len = 131072;
  config.positions.scaling.kind = ops::RotaryScalingKind::Llama3;
  config.positions.scaling.factor = factor;
  config.positions.scaling.original_max_positions = 8192;
  return config;
}

DecoderConfig llama3_2(const Size& size) {
  DecoderConfig config = llama3_1(size, /*factor=*/32.0);
  config.tied_embeddings = true;
  return config;
}

}  // namespace

DecoderFamily llama_family() {
  return {.name = "llama",
          .model_types = {"llama"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"llama2_7b", llama2({4096, 32, 32, 32, 11008})},
              {"llama2_13b", llama2({5120, 40, 40, 40, 13824})},
              {"llama2_70b", llama2({8192, 80, 64, 8, 28672})},
              {"tinyllama_1_1b", tiny_llama()},
              {"llama3_8b", llama3({4096, 32, 32, 8, 14336})},
              {"llama3_70b", llama3({8192, 80, 64, 8, 28672})},
              {"llama3_1_8b", llama3_1({4096, 32, 32, 8, 14336})},
              {"llama3_1_70b", llama3_1({8192, 80, 64, 8, 28672})},
              {"llama3_1_405b", llama3_1({16384, 126, 128, 8, 53248})},
              {"llama3_2_1b", llama3_2({2048, 16, 32, 8, 8192})},
              {"llama3_2_3b", llama3_2({3072, 28, 24, 8, 8192})},
              {"llama3_3_70b", llama3_1({8192, 80, 64, 8, 28672})},
          }};
}

}  // namespace roux
