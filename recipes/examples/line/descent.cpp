#include "descent.h"

#include <cstddef>

namespace line {
namespace {

class GradientDescent final : public Descent {
 public:
  explicit GradientDescent(const GradientConfig& config) : lr_(config.lr) {}

  void step(Pair& parameters, const Pair& gradient) override {
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= lr_ * gradient[i];
  }

 private:
  double lr_;
};

class MomentumDescent final : public Descent {
 public:
  explicit MomentumDescent(const MomentumConfig& config)
      : lr_(config.lr), momentum_(config.momentum) {}

  void step(Pair& parameters, const Pair& gradient) override {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      speed_[i] = momentum_ * speed_[i] + gradient[i];
      parameters[i] -= lr_ * speed_[i];
    }
  }

  Pair state() const override { return speed_; }
  void restore(const Pair& state) override { speed_ = state; }

 private:
  double lr_;
  double momentum_;
  Pair speed_ = {};
};

}  // namespace

void GradientConfig::describe(roux::config::Fields<GradientConfig>& field) {
  field("lr", &GradientConfig::lr, "Learning rate.").more_than(0);
}

void MomentumConfig::describe(roux::config::Fields<MomentumConfig>& field) {
  field("lr", &MomentumConfig::lr, "Learning rate.").more_than(0);
  field("momentum", &MomentumConfig::momentum, "Share of the last step that goes on.")
      .at_least(0)
      .less_than(1);
}

std::unique_ptr<Descent> make_gradient_descent(const GradientConfig& config) {
  return std::make_unique<GradientDescent>(config);
}

std::unique_ptr<Descent> make_momentum_descent(const MomentumConfig& config) {
  return std::make_unique<MomentumDescent>(config);
}

}  // namespace line
