#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "roux/metrics/metric_value.h"

namespace roux {

// What a run counts and averages between two reports, and over its whole length.
//
// Values may be tensors on any device that knows float64: they are summed up there, and nothing
// waits for the device until values() or save() is called. A name has one kind: who averages it in
// one place and counts it in another has a bug. One thread at a time.
class MetricBag {
 public:
  // The mean over everything since the last report: of a loss, `sum` over `weight` targets. The
  // tensor holds one number.
  void add_mean(std::string_view name, const at::Tensor& sum, double weight);
  void add_mean(std::string_view name, double sum, double weight);

  // The sum since the last report, and with total_ before the name since the run began.
  void add_count(std::string_view name, double count);

  // The largest, or the last, since the last report.
  void add_max(std::string_view name, double value);
  void set(std::string_view name, double value);

  // What another bag has since its last report: of a step that is known to count only at its end.
  void add(const MetricBag& other);

  // What another rank's bag has, its totals too.
  void merge(const MetricBag& other);

  // In the order in which names were first used; totals last. A mean of weight 0 is left out, and
  // so is a largest or a last of nothing; a count of nothing is 0.
  std::vector<MetricValue> values() const;

  // A report was made: all but the totals begins anew.
  void begin_anew();

  // All of it, also what is between two reports: a run that goes on reports what one that was never
  // stopped does. Doubles read back the same to the last bit. load() throws DataError for a text
  // that save() did not write, and then nothing has changed.
  std::string save() const;
  void load(std::string_view text);

 private:
  enum class Kind { Mean, Count, Max, Last };

  struct Entry {
    std::string name;
    Kind kind = Kind::Last;
    bool used = false;    // since the last report
    double value = 0.0;   // the sum, the count, the largest, the last; of a mean: while on the host
    double weight = 0.0;  // of a mean
    double total = 0.0;   // of a count
    at::Tensor on_device;  // the sum of a mean, once a tensor of a device was added; else undefined
  };

  Entry& entry(std::string_view name, Kind kind);

  // The sums of all means, in their order; waits for the device once.
  std::vector<double> sums() const;

  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

}  // namespace roux
