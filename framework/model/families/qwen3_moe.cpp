#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read_qwen3(config);
  // Every layer slides, or none does: "max_window_layers" says nothing here.
  if (config.boolean("use_sliding_window", false)) {
    llama_like::read_one_window(config, llama_like::kPublishedWindow, decoder);
  }
  decoder.experts.num_experts =
      config.integer("num_experts", config.integer("num_local_experts", 128));
  decoder.experts.top_k = config.integer("num_experts_per_tok", 8);
  decoder.experts.ffn_inner_dim = config.integer("moe_intermediate_size", 768);
  decoder.experts.normalise_weights = config.boolean("norm_topk_prob", false);
  decoder.experts.auxiliary_loss = config.number("router_aux_loss_coef", 0.001);
  decoder.experts.every_n_layers = config.integer("decoder_sparse_step", 1);
  decoder.experts.dense_layers = config.integers("mlp_only_layers");
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Qwen3MoeForCausalLM"}},
                              {"model_type", "qwen3_moe"}};
  json.update(llama_like::write(config));
  json["attention_bias"] = config.attn_bias;
  json["use_sliding_window"] = config.sliding_window.has_value();
  llama_like::write_window(config, json);
  json["num_experts"] = config.experts.num_experts;
  json["num_experts_per_tok"] = config.experts.top_k;
  json["moe_intermediate_size"] = config.experts.ffn_inner_dim;
  json["norm_topk_prob"] = config.experts.normalise_weights;
  json["router_aux_loss_coef"] = config.experts.auxiliary_loss;
  json["decoder_sparse_step"] = config.experts.every_n_layers;
  json["mlp_only_layers"] = config.experts.dense_layers;
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map_mixture(config, {"mlp", "gate", "gate_proj", "up_proj", "down_proj"}, map);
}

DecoderConfig qwen3_moe(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                        std::int64_t dense_inner_dim, std::int64_t expert_inner_dim) {
  DecoderConfig config;
  config.vocab_size = 151936;
  config.max_seq_len = 40960;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = 4;
  config.head_dim = 128;
  config.ffn_inner_dim = dense_inner_dim;
  config.norm_eps = 1e-6;
  config.query_key_norm = nn::QueryKeyNorm::PerHead;
  config.positions.theta = 1e6;
  config.experts.num_experts = 128;
  config.experts.top_k = 8;
  config.experts.ffn_inner_dim = expert_inner_dim;
  return config;
}

}  // namespace

DecoderFamily qwen3_moe_family() {
  return {.name = "qwen3_moe",
          .model_types = {"qwen3_moe"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"qwen3_30b_a3b", qwen3_moe(2048, 48, 32, 6144, 768)},
              {"qwen3_235b_a22b", qwen3_moe(4096, 94, 64, 12288, 1536)},
          }};
}

}  // namespace roux
