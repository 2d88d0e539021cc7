#include "bench/llama_shapes.h"

#include "roux/base/error.h"
#include "roux/config/toml.h"
#include "roux/model/model_family.h"

namespace roux::bench {

double LlamaShape::flops_per_token() const {
  const std::int64_t weights = layers * (4 * dim * dim + 3 * dim * ffn) + dim * vocabulary;
  return static_cast<double>(6 * weights + 12 * layers * dim * length);
}

LlamaShape llama_shape(const std::string& name) {
  if (name == "small") {
    return {.dim = 288, .layers = 6, .heads = 6, .ffn = 768, .length = 256, .texts = 8};
  }
  if (name == "large") {
    return {.dim = 768, .layers = 12, .heads = 12, .ffn = 2048, .length = 512, .texts = 2};
  }
  throw ConfigError(cat("the shape must be small or large, but is ", name));
}

std::int64_t Llama::num_parameters() const {
  std::int64_t count = 0;
  for (const nn::FlatGroup& group : parameters->groups()) {
    for (const nn::FlatEntry& entry : group.entries) count += entry.numel;
  }
  return count;
}

Llama make_llama(const LlamaShape& shape, std::int64_t max_length) {
  const std::string settings =
      cat("vocab_size = ", shape.vocabulary, "\nmodel_dim = ", shape.dim,
          "\nnum_layers = ", shape.layers, "\nnum_attn_heads = ", shape.heads,
          "\nnum_key_value_heads = ", shape.heads, "\nffn_inner_dim = ", shape.ffn,
          "\nmax_seq_len = ", max_length, "\ntied_embeddings = true\n");
  config::RawTable table;
  table.value = config::parse_toml(settings, "the bench's shape", "");
  Llama llama;
  llama.model = ModelFamilies::standard().get("llama").create("", {table});
  llama.parameters = std::make_unique<nn::FlatParameters>(*llama.model);
  llama.parameters->materialise(at::kCPU);
  llama.parameters->initialise(RandomStream(1, "model"));
  return llama;
}

at::ScalarType dtype_of(const std::string& name) {
  if (name == "float32") return at::kFloat;
  if (name == "bfloat16") return at::kBFloat16;
  throw ConfigError(cat("the dtype must be float32 or bfloat16, but is ", name));
}

}  // namespace roux::bench
