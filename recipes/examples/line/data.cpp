#include "data.h"

namespace line {

void DataConfig::describe(roux::config::Fields<DataConfig>& field) {
  field("num_points", &DataConfig::num_points, "How many points.").at_least(2);
  field("slope", &DataConfig::slope, "The slope to be found.");
  field("intercept", &DataConfig::intercept, "The intercept to be found.");
  field("noise", &DataConfig::noise, "Standard deviation of the points around the line.")
      .at_least(0);
}

Data::Data(const DataConfig& config, const roux::RandomStream& random) {
  auto xs = random.child("x");
  auto noise = random.child("noise");
  for (std::int64_t i = 0; i < config.num_points; ++i) {
    const double x = 2.0 * xs.uniform() - 1.0;
    points_.push_back({x, config.slope * x + config.intercept + config.noise * noise.normal()});
  }
}

}  // namespace line
