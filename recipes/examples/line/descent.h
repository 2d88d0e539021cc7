#pragma once

#include <array>
#include <memory>

#include "roux/config/fields.h"

namespace line {

// Slope and intercept, or something for each of them.
using Pair = std::array<double, 2>;

// A way to go downhill. [descent] chooses one.
class Descent {
 public:
  virtual ~Descent() = default;

  virtual void step(Pair& parameters, const Pair& gradient) = 0;

  // What it remembers between steps, for the checkpoint.
  virtual Pair state() const { return {}; }
  virtual void restore(const Pair&) {}
};

// [descent.config] with name = "gradient": straight down.
struct GradientConfig {
  double lr = 0.1;

  static void describe(roux::config::Fields<GradientConfig>& field);
};

// [descent.config] with name = "momentum": like a ball that rolls.
struct MomentumConfig {
  double lr = 0.05;
  double momentum = 0.9;

  static void describe(roux::config::Fields<MomentumConfig>& field);
};

std::unique_ptr<Descent> make_gradient_descent(const GradientConfig& config);
std::unique_ptr<Descent> make_momentum_descent(const MomentumConfig& config);

}  // namespace line
