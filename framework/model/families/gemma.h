#pragma once

#include "model/decoder_family.h"

// What Gemma 2 and Gemma 3 have in common.
namespace roux::gemma {

DecoderConfig read(const HuggingFaceConfig& config);
nlohmann::ordered_json write(const DecoderConfig& config);
void map(const DecoderConfig& config, TensorMap& map);

// A Gemma without its size.
DecoderConfig base();

// Every `n`-th layer sees everything, those before it slide.
std::vector<AttentionReach> one_full_of(std::int64_t n);

}  // namespace roux::gemma
