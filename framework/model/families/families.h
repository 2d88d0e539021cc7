#pragma once

#include "model/decoder_family.h"

// One maker for each family. A new one is a file here with its config's quirks, its mapping and its
// named architectures; one line here, one in standard.cpp, and one in CMakeLists.txt.
namespace roux {

DecoderFamily gemma2_family();
DecoderFamily gemma3_family();
DecoderFamily gpt2_family();
DecoderFamily llama_family();
DecoderFamily mistral_family();
DecoderFamily mixtral_family();
DecoderFamily olmo2_family();
DecoderFamily phi3_family();
DecoderFamily qwen2_family();
DecoderFamily qwen3_family();
DecoderFamily qwen3_moe_family();

}  // namespace roux
