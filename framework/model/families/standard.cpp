#include "model/families/families.h"
#include "roux/model/model_family.h"

namespace roux {

ModelFamilies ModelFamilies::standard() {
  ModelFamilies families;
  for (const auto make :
       {llama_family, mistral_family, mixtral_family, qwen2_family, qwen3_family, qwen3_moe_family,
        olmo2_family, gemma2_family, gemma3_family, phi3_family, gpt2_family}) {
    families.add(make_decoder_family(make()));
  }
  return families;
}

}  // namespace roux
