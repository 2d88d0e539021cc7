#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "model/huggingface_config.h"
#include "roux/model/decoder_config.h"

namespace roux {

// `rope_scaling`, or where that is left out or empty, transformers 5's `rope_parameters`.
std::optional<HuggingFaceConfig> rope_table(const HuggingFaceConfig& config);

// Positions as config.json tells them: `rope_theta` and rope_table(), which may hold a table for
// each kind of layer.
PositionConfig read_positions(const HuggingFaceConfig& config, double default_theta,
                              double default_sliding_theta = 0.0);

// Writes `rope_theta` and `rope_scaling`, which every version reads.
void write_positions(const DecoderConfig& config, nlohmann::ordered_json& json);

}  // namespace roux
