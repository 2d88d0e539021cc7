#include "model/families/families.h"
#include "model/families/llama_like.h"
#include "model/families/rope.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& written) {
  const HuggingFaceConfig config =
      written.with_defaults({{"original_max_position_embeddings", 4096}});
  DecoderConfig decoder = llama_like::read(config);
  // Others ignore it, as transformers does.
  decoder.positions.rotary_share = config.number("partial_rotary_factor", 1.0);
  if (const auto rope = rope_table(config)) {
    const auto kind = decoder.positions.scaling.kind;
    if (kind != ops::RotaryScalingKind::None && kind != ops::RotaryScalingKind::LongRope) {
      rope->refuse(rope->has("rope_type") ? "rope_type" : "type", "must be default or longrope");
    }
    decoder.positions.rotary_share =
        rope->number("partial_rotary_factor", decoder.positions.rotary_share);
  }
  llama_like::read_one_window(config, std::nullopt, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Phi3ForCausalLM"}}, {"model_type", "phi3"}};
  json.update(llama_like::write(config));
  llama_like::write_window(config, json);
  const auto& scaling = config.positions.scaling;
  const bool scaled = scaling.kind != ops::RotaryScalingKind::None;
  json["original_max_position_embeddings"] =
      scaled ? scaling.original_max_positions : config.max_seq_len;
  json["pad_token_id"] = nullptr;
  return json;
}

// Queries, keys and values are one tensor of a checkpoint, and so are the gate and what it gates.
void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map_outside(config, map);
  const std::int64_t query_rows = config.num_attn_heads * config.dim_of_head();
  const std::int64_t key_rows = config.num_key_value_heads * config.dim_of_head();
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string ours = llama_like::our_layer(layer);
    const std::string theirs = llama_like::their_layer(layer);
    llama_like::map_norms({}, ours, theirs, map);
    const std::string qkv = theirs + "self_attn.qkv_proj.weight";
    map.part(ours + "self_attn.q_proj.weight", qkv, 0, query_rows);
    map.part(ours + "self_attn.k_proj.weight", qkv, query_rows, key_rows);
    map.part(ours + "self_attn.v_proj.weight", qkv, query_rows + key_rows, key_rows);
    map.same(ours + "self_attn.o_proj.weight", theirs + "self_attn.o_proj.weight");
    const std::string gate_up = theirs + "mlp.gate_up_proj.weight";
    map.part(ours + "mlp.gate_proj.weight", gate_up, 0, config.ffn_inner_dim);
    map.part(ours + "mlp.up_proj.weight", gate_up, config.ffn_inner_dim, config.ffn_inner_dim);
    map.same(ours + "mlp.down_proj.weight", theirs + "mlp.down_proj.weight");
  }
}

DecoderConfig phi3(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                   std::int64_t key_heads, std::int64_t ffn_inner_dim) {
  DecoderConfig config;
  config.vocab_size = 32064;
  config.max_seq_len = 4096;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = key_heads;
  config.ffn_inner_dim = ffn_inner_dim;
  return config;
}

DecoderConfig phi3_4k(DecoderConfig config) {
  config.attention_pattern = {AttentionReach::Sliding};
  config.sliding_window = 2047;
  return config;
}

DecoderConfig phi4() {
  DecoderConfig config = phi3(5120, 40, 40, 10, 17920);
  config.vocab_size = 100352;
  config.max_seq_len = 16384;
  config.positions.theta = 250000.0;
  return config;
}

}  // namespace

DecoderFamily phi3_family() {
  return {.name = "phi3",
          .model_types = {"phi3"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"phi3_mini_4k", phi3_4k(phi3(3072, 32, 32, 32, 8192))},
              {"phi3_medium_4k", phi3_4k(phi3(5120, 40, 40, 10, 17920))},
              {"phi4", phi4()},
          }};
}

}  // namespace roux
