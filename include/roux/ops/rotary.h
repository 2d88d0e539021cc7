#pragma once

#include <ATen/core/Tensor.h>

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

// Radians that each pair of elements turns from one position to the next, and the factor that cos
// and sin are multiplied by.
struct RotaryFrequencies {
  std::vector<float> radians;  // [rotary_dim / 2]
  double scale = 1.0;
};

// `length` is the number of positions of the longest text at hand: longrope alone looks at it.
RotaryFrequencies rotary_frequencies(std::int64_t rotary_dim, double theta,
                                     const RotaryScaling& scaling, std::int64_t length);

// The angles of the tokens of a batch: computed once, used by every layer.
struct Rotation {
  at::Tensor cos;  // [tokens, rotary_dim / 2], float32
  at::Tensor sin;
};

// `positions`: [tokens], int64.
Rotation make_rotation(const at::Tensor& positions, const RotaryFrequencies& frequencies);

// Turns the first 2 * rotary_dim / 2 elements of each head, element i with element i + rotary_dim /
// 2 (the halves of Hugging Face's checkpoints); what is beyond them stays. x: [tokens, heads,
// head_dim]; the result has its dtype.
at::Tensor rotate(const at::Tensor& x, const Rotation& rotation);

}  // namespace roux::ops
