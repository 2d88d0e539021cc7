#pragma once

#include <cstdint>
#include <optional>

namespace roux {

// The loss of late and how far losses lie from it, as averages that forget: to tell when one is
// like none before.
struct LossTrend {
  std::int64_t steps = 0;  // that it has seen
  std::optional<double> usual;
  double deviation = 0.0;

  // More than `factor` times the usual one, and far beside how much it varies. Never in the first
  // 50 steps, in which losses fall.
  bool is_spike(double loss, double factor) const;
  void add(double loss);

  bool operator==(const LossTrend&) const = default;
};

}  // namespace roux
