#include "trainer/loss_trend.h"

#include <cmath>

namespace roux {

bool LossTrend::is_spike(double loss, double factor) const {
  constexpr std::int64_t kTooEarly = 50;
  constexpr double kManyDeviations = 6.0;
  if (!usual || steps < kTooEarly) return false;
  return loss > factor * *usual && loss > *usual + kManyDeviations * deviation;
}

void LossTrend::add(double loss) {
  constexpr double kForgets = 0.02;
  const double before = usual.value_or(loss);
  usual = before + kForgets * (loss - before);
  deviation += kForgets * (std::abs(loss - before) - deviation);
  ++steps;
}

}  // namespace roux
