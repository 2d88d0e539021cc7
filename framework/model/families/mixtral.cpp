#include "model/families/families.h"
#include "model/families/llama_like.h"
#include "model/families/rope.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read(config);
  llama_like::read_one_window(config, std::nullopt, decoder);
  decoder.positions = read_positions(config, 1e6);
  decoder.experts.num_experts = config.integer("num_local_experts", 8);
  decoder.experts.top_k = config.integer("num_experts_per_tok", 2);
  decoder.experts.ffn_inner_dim = decoder.ffn_inner_dim;
  decoder.experts.auxiliary_loss = config.number("router_aux_loss_coef", 0.001);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"MixtralForCausalLM"}}, {"model_type", "mixtral"}};
  json.update(llama_like::write(config));
  llama_like::write_window(config, json);
  json["num_local_experts"] = config.experts.num_experts;
  json["num_experts_per_tok"] = config.experts.top_k;
  json["intermediate_size"] = config.experts.ffn_inner_dim;
  json["router_aux_loss_coef"] = config.experts.auxiliary_loss;
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map_mixture(config, {"block_sparse_moe", "gate", "w1", "w3", "w2"}, map);
}

DecoderConfig mixtral(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                      std::int64_t ffn_inner_dim) {
  DecoderConfig config;
  config.vocab_size = 32000;
  config.max_seq_len = 32768;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = 8;
  config.ffn_inner_dim = ffn_inner_dim;
  config.positions.theta = 1e6;
  config.experts.num_experts = 8;
  config.experts.top_k = 2;
  config.experts.ffn_inner_dim = ffn_inner_dim;
  return config;
}

DecoderConfig mixtral_8x7b() {
  DecoderConfig config = mixtral(4096, 32, 32, 14336);
  config.experts.auxiliary_loss = 0.02;
  return config;
}

DecoderConfig mixtral_8x22b() {
  DecoderConfig config = mixtral(6144, 56, 48, 16384);
  config.max_seq_len = 65536;
  return config;
}

}  // namespace

DecoderFamily mixtral_family() {
  return {.name = "mixtral",
          .model_types = {"mixtral"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {{"mixtral_8x7b", mixtral_8x7b()}, {"mixtral_8x22b", mixtral_8x22b()}}};
}

}  // namespace roux
