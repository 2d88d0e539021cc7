#include "model/families/families.h"
#include "model/families/llama_like.h"

namespace roux {
namespace {

DecoderConfig read(const HuggingFaceConfig& config) {
  DecoderConfig decoder = llama_like::read(config);
  llama_like::read_window(config, /*enabled=*/true, llama_like::kPublishedWindow, decoder);
  return decoder;
}

nlohmann::ordered_json write(const DecoderConfig& config) {
  nlohmann::ordered_json json{{"architectures", {"MistralForCausalLM"}}, {"model_type", "mistral"}};
  json.update(llama_like::write(config));
  llama_like::write_window(config, json);
  return json;
}

void map(const DecoderConfig& config, TensorMap& map) {
  llama_like::map(config, {}, map);
}

DecoderConfig mistral_7b(std::int64_t vocab_size, double theta) {
  DecoderConfig config;
  config.vocab_size = vocab_size;
  config.max_seq_len = 32768;
  config.model_dim = 4096;
  config.num_layers = 32;
  config.num_attn_heads = 32;
  config.num_key_value_heads = 8;
  config.ffn_inner_dim = 14336;
  config.positions.theta = theta;
  return config;
}

DecoderConfig mistral_7b_v0_1() {
  DecoderConfig config = mistral_7b(32000, 10000.0);
  config.attention_pattern = {AttentionReach::Sliding};
  config.sliding_window = 4096;
  return config;
}

}  // namespace

DecoderFamily mistral_family() {
  return {.name = "mistral",
          .model_types = {"mistral"},
          .read = read,
          .write = write,
          .map = map,
          .architectures = {
              {"mistral_7b_v0_1", mistral_7b_v0_1()},
              {"mistral_7b_v0_2", mistral_7b(32000, 1e6)},
              {"mistral_7b_v0_3", mistral_7b(32768, 1e6)},
          }};
}

}  // namespace roux
