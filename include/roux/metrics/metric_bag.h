#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace roux {

// A number with a name, as it is reported.
struct MetricValue {
  std::string name;
  double value = 0.0;
};

// What a run counts and averages between two reports, and over its whole length.
//
// Values may be tensors on any device: nothing waits for the device until values() is called.
// One thread at a time.
class MetricBag {
 public:
  // The mean over everything since the last report: of a loss, `sum` over `weight` targets.
  void add_mean(std::string_view name, const at::Tensor& sum, double weight);
  void add_mean(std::string_view name, double sum, double weight);

  // The sum since the last report, and with total_ before the name since the run began.
  void add_count(std::string_view name, double count);

  // The largest, or the last, since the last report.
  void add_max(std::string_view name, double value);
  void set(std::string_view name, double value);

  // In the order in which names were first used; totals last. A mean of weight 0 is left out.
  std::vector<MetricValue> values() const;

  // A report was made: all but the totals begins anew.
  void begin_anew();

  // All of it, also what is between two reports: a run that goes on reports what one that was never
  // stopped does. Doubles read back the same to the last bit.
  std::string save() const;
  void load(std::string_view text);
};

}  // namespace roux
