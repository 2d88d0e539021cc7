#include "model/families/families.h"
#include "model/families/llama_like.h"
#include "roux/base/error.h"

namespace roux {
namespace {

// What every GPT-2 has, whatever its size.
DecoderConfig base() {
  DecoderConfig config;
  config.vocab_size = 50257;
  config.max_seq_len = 1024;
  config.tied_embeddings = true;
  config.positions.kind = PositionKind::Learned;
  config.activation = ops::Activation::GeluTanh;
  config.gated_ffn = false;
  config.ffn_bias = true;
  config.attn_bias = true;
  config.attn_output_bias = true;
  config.norm = nn::NormKind::Layer;
  config.scaled_residual_init = true;
  return config;
}

DecoderConfig sized(std::int64_t dim, std::int64_t layers, std::int64_t heads) {
  DecoderConfig config = base();
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = heads;
  config.ffn_inner_dim = 4 * dim;
  return config;
}

DecoderConfig read(const HuggingFaceConfig& config) {
  llama_like::require_causal(config);
  if (!config.boolean("scale_attn_weights", true)) {
    config.refuse("scale_attn_weights", "must be true");
  }
  for (const char* key : {"scale_attn_by_inverse_layer_idx", "add_cross_attention"}) {
    if (config.boolean(key, false)) config.refuse(key, "must be false");
  }
  DecoderConfig decoder =
      sized(config.integer("n_embd"), config.integer("n_layer"), config.integer("n_head"));
  decoder.vocab_size = config.integer("vocab_size");
  decoder.max_seq_len = config.integer("n_positions", 1024);
  decoder.ffn_inner_dim = config.integer("n_inner", decoder.ffn_inner_dim);
  decoder.activation = llama_like::read_activation(config, "activation_function", "gelu_new");
  decoder.norm_eps = config.number("layer_norm_epsilon", 1e-5);
  decoder.init_std = config.number("initializer_range", 0.02);
  decoder.tied_embeddings = config.boolean("tie_word_embeddings", true);
  return decoder;
}

// transformers' name, which differs for GPT-2.
std::string activation_name(ops::Activation activation) {
  return activation == ops::Activation::GeluTanh ? "gelu_new"
                                                 : llama_like::activation_name(activation);
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  return {{"architectures", {"GPT2LMHeadModel"}},
          {"model_type", "gpt2"},
          {"vocab_size", config.vocab_size},
          {"n_embd", config.model_dim},
          {"n_layer", config.num_layers},
          {"n_head", config.num_attn_heads},
          {"n_inner", config.ffn_inner_dim},
          {"n_positions", config.max_seq_len},
          {"n_ctx", config.max_seq_len},
          {"activation_function", activation_name(config.activation)},
          {"layer_norm_epsilon", config.norm_eps},
          {"initializer_range", config.init_std},
          {"attn_pdrop", 0.0},
          {"embd_pdrop", 0.0},
          {"resid_pdrop", 0.0},
          {"tie_word_embeddings", config.tied_embeddings}};
}

// A weight of GPT-2's is [in, out]; queries, keys and values are one.
void map_layer(const DecoderConfig& config, const std::string& ours, const std::string& theirs,
               TensorMap& map) {
  const std::int64_t dim = config.model_dim;
  std::int64_t begin = 0;
  for (const char* name : {"q_proj", "k_proj", "v_proj"}) {
    map.add({.ours = cat(ours, "self_attn.", name, ".weight"),
             .theirs = theirs + "attn.c_attn.weight",
             .dim = 1,
             .begin = begin,
             .length = dim,
             .transposed = true});
    map.part(cat(ours, "self_attn.", name, ".bias"), theirs + "attn.c_attn.bias", begin, dim);
    begin += dim;
  }
  const auto projection = [&](const std::string& our_name, const std::string& their_name) {
    map.transposed(ours + our_name + ".weight", theirs + their_name + ".weight");
    map.same(ours + our_name + ".bias", theirs + their_name + ".bias");
  };
  projection("self_attn.o_proj", "attn.c_proj");
  projection("mlp.up_proj", "mlp.c_fc");
  projection("mlp.down_proj", "mlp.c_proj");
  for (const char* kind : {".weight", ".bias"}) {
    map.same(ours + "attention_norm" + kind, theirs + "ln_1" + kind);
    map.same(ours + "mlp_norm" + kind, theirs + "ln_2" + kind);
  }
}

void map(const DecoderConfig& config, TensorMap& map) {
  map.set_base_prefix("transformer.");
  map.same("embed_tokens.weight", "transformer.wte.weight");
  map.same("embed_positions.weight", "transformer.wpe.weight");
  map.same("norm.weight", "transformer.ln_f.weight");
  map.same("norm.bias", "transformer.ln_f.bias");
  if (config.tied_embeddings) {
    map.tie("lm_head.weight", "transformer.wte.weight");
  } else {
    map.same("lm_head.weight", "lm_head.weight");
  }
  map.ignore("transformer.h.*.attn.bias");  // the causal mask
  map.ignore("transformer.h.*.attn.masked_bias");
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    map_layer(config, llama_like::our_layer(layer), cat("transformer.h.", layer, '.'), map);
  }
}

}  // namespace

DecoderFamily gpt2_family() {
  return {.name = "gpt2",
          .model_types = {"gpt2"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"gpt2", sized(768, 12, 12)},
              {"gpt2_medium", sized(1024, 24, 16)},
              {"gpt2_large", sized(1280, 36, 20)},
              {"gpt2_xl", sized(1600, 48, 25)},
          }};
}

}  // namespace roux
