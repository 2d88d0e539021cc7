#include "roux/ops/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "ops/kernels/rotary.h"
#include "ops/passes.h"
#include "ops/rows.h"
#include "roux/base/error.h"
#include "roux/config/problems.h"

namespace roux::ops {
namespace {

using Radians = std::vector<double>;

Radians plain(std::int64_t rotary_dim, double theta) {
  Radians radians;
  for (std::int64_t i = 0; i < rotary_dim; i += 2) {
    radians.push_back(1.0 /
                      std::pow(theta, static_cast<double>(i) / static_cast<double>(rotary_dim)));
  }
  return radians;
}

// Long waves are stretched by the factor, short ones stay, what lies between is blended.
void scale_as_llama3(Radians& radians, const RotaryScaling& scaling) {
  const auto length = static_cast<double>(scaling.original_max_positions);
  for (double& turn : radians) {
    const double rotations = length * turn / (2.0 * std::numbers::pi);
    const double kept = std::clamp((rotations - scaling.low_freq_factor) /
                                       (scaling.high_freq_factor - scaling.low_freq_factor),
                                   0.0, 1.0);
    turn = (1.0 - kept) * turn / scaling.factor + kept * turn;
  }
}

// YaRN (arXiv:2309.00071): dimensions that turn often within the original length stay, those that
// turn seldom are interpolated, with a ramp over the dimensions between.
void scale_as_yarn(Radians& radians, double theta, const RotaryScaling& scaling) {
  const auto dim = 2.0 * static_cast<double>(radians.size());
  const auto length = static_cast<double>(scaling.original_max_positions);
  const auto dimension_of = [&](double rotations) {
    return dim * std::log(length / (rotations * 2.0 * std::numbers::pi)) / (2.0 * std::log(theta));
  };
  const double low = std::max(std::floor(dimension_of(scaling.beta_fast)), 0.0);
  double high = std::min(std::ceil(dimension_of(scaling.beta_slow)), dim - 1.0);
  if (high == low) high += 0.001;
  for (std::size_t i = 0; i < radians.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    radians[i] = radians[i] * (1.0 - ramp) + radians[i] / scaling.factor * ramp;
  }
}

void scale_as_longrope(Radians& radians, const RotaryScaling& scaling, std::int64_t length) {
  const auto& factors =
      length > scaling.original_max_positions ? scaling.long_factors : scaling.short_factors;
  require(factors.size() == radians.size(), "rotary_frequencies: a factor for each frequency");
  for (std::size_t i = 0; i < radians.size(); ++i) radians[i] /= factors[i];
}

double attention_factor(const RotaryScaling& scaling) {
  if (scaling.attention_factor) return *scaling.attention_factor;
  if (scaling.factor <= 1.0) return 1.0;
  if (scaling.kind == RotaryScalingKind::Yarn) return 0.1 * std::log(scaling.factor) + 1.0;
  if (scaling.kind == RotaryScalingKind::LongRope) {
    const auto length = static_cast<double>(scaling.original_max_positions);
    return std::sqrt(1.0 + std::log(scaling.factor) / std::log(length));
  }
  return 1.0;
}

void check_divisors(std::string_view key, const std::vector<double>& divisors,
                    config::Problems& problems) {
  for (const double divisor : divisors) {
    if (!(divisor > 0.0)) {
      problems.add(key, cat("must hold numbers of more than 0, but holds ", divisor));
    }
  }
}

}  // namespace

void describe(config::EnumValues<RotaryScalingKind>& value) {
  value("none", RotaryScalingKind::None, "Positions as they are.");
  value("linear", RotaryScalingKind::Linear, "Every frequency divided by the factor.");
  value("llama3", RotaryScalingKind::Llama3, "Llama 3.1's: long waves are stretched.");
  value("yarn", RotaryScalingKind::Yarn, "YaRN (arXiv:2309.00071).");
  value("longrope", RotaryScalingKind::LongRope, "LongRoPE: a factor for each frequency.");
}

void RotaryScaling::describe(config::Fields<RotaryScaling>& field) {
  field("kind", &RotaryScaling::kind, "How frequencies are stretched beyond the trained length.");
  field("factor", &RotaryScaling::factor, "The new length over the original one.").more_than(0);
  field("original_max_positions", &RotaryScaling::original_max_positions,
        "The length that was trained on before stretching.")
      .at_least(1);
  field("low_freq_factor", &RotaryScaling::low_freq_factor,
        "llama3: waves longer than the original length over this are stretched whole.")
      .more_than(0);
  field("high_freq_factor", &RotaryScaling::high_freq_factor,
        "llama3: waves shorter than the original length over this are kept.")
      .more_than(0);
  field("beta_fast", &RotaryScaling::beta_fast,
        "yarn: dimensions that turn more often than this are kept.")
      .more_than(0);
  field("beta_slow", &RotaryScaling::beta_slow,
        "yarn: dimensions that turn less often than this are interpolated.")
      .more_than(0);
  field("attention_factor", &RotaryScaling::attention_factor,
        "yarn, longrope: what cos and sin are multiplied by; unset: as the papers derive it.");
  field("short_factors", &RotaryScaling::short_factors,
        "longrope: divisors of the frequencies, within the original length.");
  field("long_factors", &RotaryScaling::long_factors,
        "longrope: divisors of the frequencies, beyond the original length.");
}

void RotaryScaling::validate(config::Problems& problems) const {
  if (kind == RotaryScalingKind::Llama3 && high_freq_factor <= low_freq_factor) {
    problems.add("high_freq_factor", cat("must be more than low_freq_factor (", low_freq_factor,
                                         "), but is ", high_freq_factor));
  }
  if (kind == RotaryScalingKind::LongRope) {
    check_divisors("short_factors", short_factors, problems);
    check_divisors("long_factors", long_factors, problems);
    if (short_factors.empty()) problems.add("short_factors", "are needed by longrope");
    if (long_factors.size() != short_factors.size()) {
      problems.add("long_factors", cat("must be as many as short_factors (", short_factors.size(),
                                       "), but are ", long_factors.size()));
    }
  }
}

RotaryFrequencies rotary_frequencies(std::int64_t rotary_dim, double theta,
                                     const RotaryScaling& scaling, std::int64_t length) {
  require(rotary_dim > 0 && rotary_dim % 2 == 0, "rotary_frequencies: rotary_dim must be even");
  Radians radians = plain(rotary_dim, theta);
  switch (scaling.kind) {
    case RotaryScalingKind::None:
      break;
    case RotaryScalingKind::Linear:
      for (double& turn : radians) turn /= scaling.factor;
      break;
    case RotaryScalingKind::Llama3:
      scale_as_llama3(radians, scaling);
      break;
    case RotaryScalingKind::Yarn:
      scale_as_yarn(radians, theta, scaling);
      break;
    case RotaryScalingKind::LongRope:
      scale_as_longrope(radians, scaling, length);
      break;
  }
  return {std::vector<float>(radians.begin(), radians.end()), attention_factor(scaling)};
}

Rotation make_rotation(const at::Tensor& positions, const RotaryFrequencies& frequencies) {
  const at::Tensor radians =
      at::tensor(at::ArrayRef<float>(frequencies.radians), at::TensorOptions(at::kFloat))
          .to(positions.device());
  const at::Tensor angles = at::outer(positions.to(at::kFloat), radians);
  return {angles.cos() * frequencies.scale, angles.sin() * frequencies.scale};
}

at::Tensor passes::rotate(const at::Tensor& x, const Rotation& rotation, bool back) {
  const at::Tensor in = x.stride(-1) == 1 || x.numel() == 0 ? x : x.contiguous();
  const at::Tensor cos = rotation.cos.contiguous();
  const at::Tensor sin = rotation.sin.contiguous();
  const std::int64_t heads = x.size(1);
  const std::int64_t dim = x.size(2);
  const std::int64_t half = cos.size(1);
  at::Tensor y = at::empty(x.sizes(), x.options());
  by_dtype(find_rotary_kernels(), x.scalar_type(), [&](const auto& kernel, auto zero) {
    using T = decltype(zero);
    at::parallel_for(
        0, x.size(0), rows_a_thread(heads * dim), [&](std::int64_t begin, std::int64_t end) {
          kernel(data_of<T>(in) + begin * in.stride(0), in.stride(0), in.stride(1),
                 data_of<float>(cos) + begin * half, data_of<float>(sin) + begin * half,
                 back ? -1.0F : 1.0F, mutable_data_of<T>(y) + begin * heads * dim, end - begin,
                 heads, half, dim);
        });
  });
  return y;
}

}  // namespace roux::ops
