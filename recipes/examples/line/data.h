#pragma once

#include <cstdint>
#include <vector>

#include "roux/base/random.h"
#include "roux/config/fields.h"

namespace line {

// [data]: points scattered around a line.
struct DataConfig {
  std::int64_t num_points = 200;
  double slope = 2.0;
  double intercept = -1.0;
  double noise = 0.1;

  static void describe(roux::config::Fields<DataConfig>& field);
};

struct Point {
  double x;
  double y;
};

// The points of a config and a seed, always the same ones.
class Data {
 public:
  Data(const DataConfig& config, const roux::RandomStream& random);

  const std::vector<Point>& points() const { return points_; }

 private:
  std::vector<Point> points_;
};

}  // namespace line
