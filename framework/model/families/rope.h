#pragma once

#include <nlohmann/json.hpp>

#include "model/huggingface_config.h"
#include "roux/model/decoder_config.h"

namespace roux {

// Positions as config.json tells them: `rope_theta` and `rope_scaling`, or transformers 5's
// `rope_parameters`, which may hold a table for each kind of layer.
PositionConfig read_positions(const HuggingFaceConfig& config, double default_theta,
                              double default_sliding_theta = 0.0);

// Writes `rope_theta` and `rope_scaling`, which every version reads.
void write_positions(const DecoderConfig& config, nlohmann::ordered_json& json);

}  // namespace roux
