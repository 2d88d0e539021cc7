#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "roux/config/fields.h"

namespace roux::ops {

enum class RotaryScalingKind { None, Linear, Llama3, Yarn, LongRope };

void describe(config::EnumValues<RotaryScalingKind>& value);

// How the frequencies are stretched so that a model reaches beyond the positions it was trained on.
struct RotaryScaling {
  RotaryScalingKind kind = RotaryScalingKind::None;
  double factor = 1.0;
  std::int64_t original_max_positions = 8192;

  // llama3: frequencies whose wavelength lies between these shares of the original length are
  // blended.
  double low_freq_factor = 1.0;
  double high_freq_factor = 4.0;

  // yarn: rotations within the original length where the ramp from kept to interpolated lies.
  double beta_fast = 32.0;
  double beta_slow = 1.0;

  // yarn and longrope: what cos and sin are multiplied by; unset: as the papers derive it.
  std::optional<double> attention_factor;

  // longrope: a divisor for each frequency, for texts within and beyond the original length.
  std::vector<double> short_factors;
  std::vector<double> long_factors;

  bool operator==(const RotaryScaling&) const = default;

  static void describe(config::Fields<RotaryScaling>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux::ops
