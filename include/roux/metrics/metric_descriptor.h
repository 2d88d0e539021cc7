#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "roux/metrics/metric_value.h"

namespace roux {

// How a number is written for people.
enum class MetricFormat {
  Number,        // 3.2146, 0.000012
  Count,         // 1,234,567; with a fraction if it has one: 1,234.5
  Percent,       // of a share between 0 and 1: 12.3 %
  Seconds,       // 1.23 s, 4 min 5 s
  Bytes,         // 1.25 GiB
  LearningRate,  // 0.0003, 6e-05
};

// What people should know of a metric. A recipe tells of its own with
// `container.collect<MetricDescriptor>(…)`, and so replaces one of the standard ones too.
struct MetricDescriptor {
  std::string name;          // "grad_norm"
  std::string display_name;  // "Gradient norm"
  std::string group;         // under which it stands in the report: "Loss", "Speed"
  MetricFormat format = MetricFormat::Number;
  std::string unit;    // after the number: "tokens/s"
  int order = 10'000;  // small ones come first
  bool higher_is_better = false;
  bool brief = false;  // stands in the log's line about a report, where there is no room for all
  std::string label;   // before the number in that line: "ppl"; empty: the display name
};

// The standard ones: all that the trainer and its units report (docs/metrics.md).
std::span<const MetricDescriptor> standard_metrics();

// Finds what is known of a metric by its name. Thread safety: any thread, once made.
class MetricDescriptors {
 public:
  // The standard ones and `more`, of which the later one of the same name wins.
  explicit MetricDescriptors(std::span<const MetricDescriptor> more = {});

  // Of "param_norm/layers.0", which nobody described, what is known of "param_norm", with
  // "layers.0" in its display name. Of an unknown name: the name itself, in the order of its
  // appearance behind all others.
  MetricDescriptor of(std::string_view name) const;

  // "param_norm" for "param_norm/layers.0" if that was not described itself; the name if it is
  // whole, or if nothing is known of it up to any of its slashes.
  std::string whole_of(std::string_view name) const;

  // In the order for people; those of the same order stay as they were.
  std::vector<MetricValue> sorted(std::span<const MetricValue> values) const;

 private:
  std::map<std::string, MetricDescriptor, std::less<>> by_name_;
};

// "1,234 tokens/s", "nan".
std::string format_metric(const MetricDescriptor& descriptor, double value);

// 1234567 as "1,234,567".
std::string with_commas(double whole_number);

}  // namespace roux
