#include "model/families/rope.h"

#include <cmath>
#include <optional>

#include "roux/base/error.h"

namespace roux {
namespace {

using ops::RotaryScaling;
using ops::RotaryScalingKind;

double yarn_scale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

RotaryScaling read_yarn(const HuggingFaceConfig& rope) {
  RotaryScaling scaling;
  scaling.factor = rope.number("factor", 1.0);
  scaling.beta_fast = rope.number("beta_fast", 32.0);
  scaling.beta_slow = rope.number("beta_slow", 1.0);
  scaling.attention_factor = rope.maybe_number("attention_factor");
  const auto mscale = rope.maybe_number("mscale");
  const auto of_all_dims = rope.maybe_number("mscale_all_dim");
  if (!scaling.attention_factor && mscale && of_all_dims) {
    scaling.attention_factor =
        yarn_scale(scaling.factor, *mscale) / yarn_scale(scaling.factor, *of_all_dims);
  }
  if (!rope.boolean("truncate", true)) rope.refuse("truncate", "must be true");
  return scaling;
}

// What stands beside the table counts before what stands in it.
std::int64_t original_length(const HuggingFaceConfig& rope, const HuggingFaceConfig& config) {
  constexpr const char* kKey = "original_max_position_embeddings";
  const HuggingFaceConfig& from = config.has(kKey) ? config : rope;
  if (!from.has(kKey)) return config.integer("max_position_embeddings");
  const std::int64_t length = from.integer(kKey);
  if (length < 1) from.refuse(kKey, "must be at least 1");
  return length;
}

RotaryScaling read_longrope(const HuggingFaceConfig& rope, const HuggingFaceConfig& config) {
  RotaryScaling scaling;
  scaling.short_factors = rope.numbers("short_factor");
  scaling.long_factors = rope.numbers("long_factor");
  scaling.attention_factor = rope.maybe_number("attention_factor");
  const auto longest = static_cast<double>(config.integer("max_position_embeddings"));
  const auto original = static_cast<double>(original_length(rope, config));
  scaling.factor = rope.number("factor", longest / original);
  return scaling;
}

RotaryScaling read_scaling(const HuggingFaceConfig& rope, const HuggingFaceConfig& config) {
  const std::string type = rope.text("rope_type", rope.text("type", "default"));
  RotaryScaling scaling;
  if (type == "default") return scaling;
  if (type == "linear") {
    scaling.kind = RotaryScalingKind::Linear;
    scaling.factor = rope.number("factor", 1.0);
  } else if (type == "llama3") {
    scaling.kind = RotaryScalingKind::Llama3;
    scaling.factor = rope.number("factor", 8.0);
    scaling.low_freq_factor = rope.number("low_freq_factor", 1.0);
    scaling.high_freq_factor = rope.number("high_freq_factor", 4.0);
  } else if (type == "yarn") {
    scaling = read_yarn(rope);
    scaling.kind = RotaryScalingKind::Yarn;
  } else if (type == "longrope" || type == "su") {
    scaling = read_longrope(rope, config);
    scaling.kind = RotaryScalingKind::LongRope;
  } else {
    rope.refuse(rope.has("rope_type") ? "rope_type" : "type",
                "must be default, linear, llama3, yarn or longrope");
  }
  scaling.original_max_positions = original_length(rope, config);
  return scaling;
}

const char* type_name(RotaryScalingKind kind) {
  switch (kind) {
    case RotaryScalingKind::None:
      return "default";
    case RotaryScalingKind::Linear:
      return "linear";
    case RotaryScalingKind::Llama3:
      return "llama3";
    case RotaryScalingKind::Yarn:
      return "yarn";
    case RotaryScalingKind::LongRope:
      return "longrope";
  }
  throw InternalError("a scaling of no name");
}

nlohmann::ordered_json scaling_json(const RotaryScaling& scaling) {
  nlohmann::ordered_json json;
  json["rope_type"] = type_name(scaling.kind);
  if (scaling.kind == RotaryScalingKind::LongRope) {
    json["short_factor"] = scaling.short_factors;
    json["long_factor"] = scaling.long_factors;
  } else {
    json["factor"] = scaling.factor;
  }
  if (scaling.kind == RotaryScalingKind::Llama3) {
    json["low_freq_factor"] = scaling.low_freq_factor;
    json["high_freq_factor"] = scaling.high_freq_factor;
  }
  if (scaling.kind == RotaryScalingKind::Yarn) {
    json["beta_fast"] = scaling.beta_fast;
    json["beta_slow"] = scaling.beta_slow;
  }
  if (scaling.kind != RotaryScalingKind::Linear) {
    json["original_max_position_embeddings"] = scaling.original_max_positions;
  }
  if (scaling.attention_factor) json["attention_factor"] = *scaling.attention_factor;
  return json;
}

}  // namespace

std::optional<HuggingFaceConfig> rope_table(const HuggingFaceConfig& config) {
  auto older = config.table("rope_scaling");
  return older && !older->empty() ? older : config.table("rope_parameters");
}

PositionConfig read_positions(const HuggingFaceConfig& config, double default_theta,
                              double default_sliding_theta) {
  PositionConfig positions;
  positions.theta = config.number("rope_theta", default_theta);
  if (default_sliding_theta > 0.0) {
    positions.sliding_theta = config.number("rope_local_base_freq", default_sliding_theta);
    if (config.has("rope_scaling") && config.has("rope_parameters")) {
      config.fail("rope_scaling", cat("must not stand beside ", config.named("rope_parameters")));
    }
  }

  auto rope = rope_table(config);
  if (!rope) return positions;
  if (const auto sliding = rope->table("sliding_attention")) {
    if (sliding->text("rope_type", "default") != "default") {
      sliding->refuse("rope_type", "must be \"default\"");
    }
    positions.sliding_theta = sliding->number("rope_theta", default_sliding_theta);
  }
  const bool by_kind = default_sliding_theta > 0.0 && config.has("rope_parameters");
  if (const auto full = rope->table("full_attention")) {
    rope = full;
  } else if (by_kind) {
    return positions;
  }
  positions.theta = rope->number("rope_theta", positions.theta);
  positions.scaling = read_scaling(*rope, config);
  return positions;
}

void write_positions(const DecoderConfig& config, nlohmann::ordered_json& json) {
  const PositionConfig& positions = config.positions;
  json["rope_theta"] = positions.theta;
  if (positions.sliding_theta) json["rope_local_base_freq"] = *positions.sliding_theta;
  if (positions.rotary_share != 1.0) json["partial_rotary_factor"] = positions.rotary_share;
  if (positions.scaling.kind == RotaryScalingKind::None) {
    json["rope_scaling"] = nullptr;
    return;
  }
  json["rope_scaling"] = scaling_json(positions.scaling);
}

}  // namespace roux
