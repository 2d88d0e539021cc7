#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/metrics/metric_bag.h"

namespace roux {

// One report.
struct MetricRecord {
  std::string category;  // "train", "valid", "valid/NAME"
  std::int64_t step = 0;  // steps taken
  std::optional<std::int64_t> data_epoch;
  double wall_time = 0.0;  // seconds since 1970
  std::vector<MetricValue> values;
};

// Where reports go: the log, a file, TensorBoard. A recipe adds its own with
// `container.collect<MetricRecorder>(…)`. One thread at a time.
class MetricRecorder {
 public:
  virtual ~MetricRecorder() = default;

  // A run begins, or goes on, at `step`: what was recorded of later steps is taken back, since it
  // will be recorded again.
  virtual void begin(std::int64_t /*step*/) {}

  virtual void record(const MetricRecord& record) = 0;

  // What was recorded outlives this process from here on.
  virtual void flush() {}
};

}  // namespace roux
