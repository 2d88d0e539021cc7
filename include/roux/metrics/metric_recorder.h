#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "roux/metrics/metric_value.h"

namespace roux {

// One report.
struct MetricRecord {
  std::string category;   // "train", "valid", "valid/NAME"
  std::int64_t step = 0;  // steps taken
  std::optional<std::int64_t> data_epoch;
  double wall_time = 0.0;  // seconds since 1970
  std::vector<MetricValue> values;
};

// Something to read: samples that were generated, the config.
struct TextRecord {
  std::string name;  // "samples"
  std::int64_t step = 0;
  double wall_time = 0.0;  // seconds since 1970
  std::string text;
};

// Where reports go: the log, a file, TensorBoard. A recipe adds its own with
// `container.collect<MetricRecorder>(…)`. What one throws is told once and switches it off;
// training goes on (metric_recorders.h). One thread at a time.
class MetricRecorder {
 public:
  virtual ~MetricRecorder() = default;

  // What a warning calls it: "tensorboard".
  virtual std::string name() const { return "metric recorder"; }

  // A run begins (`step` is 0), or goes on at `step`: what was recorded of later steps, or of any
  // if the run begins, is taken back, since it will be recorded again.
  virtual void begin(std::int64_t /*step*/) {}

  virtual void record(const MetricRecord& record) = 0;
  virtual void record_text(const TextRecord& /*record*/) {}

  // What was recorded outlives the machine's fall from here on; what was recorded at all outlives
  // the process.
  virtual void flush() {}
};

}  // namespace roux
