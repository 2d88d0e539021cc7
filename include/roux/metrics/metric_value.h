#pragma once

#include <string>

namespace roux {

// A number with a name, as it is reported.
struct MetricValue {
  std::string name;
  double value = 0.0;

  friend bool operator==(const MetricValue&, const MetricValue&) = default;
};

}  // namespace roux
