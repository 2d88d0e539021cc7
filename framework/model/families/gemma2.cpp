#include <cmath>

#include "model/families/families.h"
#include "model/families/gemma.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

// A missing bound has the published value; null means that there is none.
double bound(const HuggingFaceConfig& config, std::string_view key, double published) {
  return config.is_null(key) ? 0.0 : config.number(key, published);
}

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = gemma::read(config);
  decoder.attention_softcap = bound(config, "attn_logit_softcapping", 50.0);
  decoder.logit_softcap = bound(config, "final_logit_softcapping", 30.0);
  decoder.attention_pattern = gemma::one_full_of(2);
  decoder.sliding_window = llama_like::window(config, llama_like::kPublishedWindow);
  llama_like::read_window(config, /*enabled=*/false, llama_like::kPublishedWindow, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"Gemma2ForCausalLM"}}, {"model_type", "gemma2"}};
  json.update(gemma::write(config));
  return json;
}

DecoderConfig gemma2(std::int64_t dim, std::int64_t layers, std::int64_t heads,
                     std::int64_t ffn_inner_dim) {
  DecoderConfig config = gemma::base();
  config.vocab_size = 256000;
  config.max_seq_len = 8192;
  config.model_dim = dim;
  config.num_layers = layers;
  config.num_attn_heads = heads;
  config.num_key_value_heads = heads / 2;
  config.ffn_inner_dim = ffn_inner_dim;
  config.attention_pattern = gemma::one_full_of(2);
  config.sliding_window = 4096;
  config.attention_scale = 1.0 / std::sqrt(256.0);
  config.attention_softcap = 50.0;
  config.logit_softcap = 30.0;
  return config;
}

DecoderConfig gemma2_27b() {
  DecoderConfig config = gemma2(4608, 46, 32, 36864);
  config.head_dim = 128;
  config.attention_scale = 1.0 / std::sqrt(144.0);
  return config;
}

}  // namespace

DecoderFamily gemma2_family() {
  return {.name = "gemma2",
          .model_types = {"gemma2"},
          .read = read,
          .write = write,
          .map = gemma::map,
          .architectures = {
              {"gemma2_2b", gemma2(2304, 26, 8, 9216)},
              {"gemma2_9b", gemma2(3584, 42, 16, 14336)},
              {"gemma2_27b", gemma2_27b()},
          }};
}

}  // namespace roux
