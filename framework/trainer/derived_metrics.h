#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "roux/metrics/metric_value.h"

namespace roux {

// What the steps between two reports took.
struct StepsTaken {
  std::int64_t count = 0;
  double seconds = 0.0;  // of training alone
  int num_devices = 1;

  // What a device can do at most, in floating-point operations a second; unset: unknown.
  std::optional<double> peak_flops;
};

// nullopt where none is of that name.
std::optional<double> value_of(const std::vector<MetricValue>& values, std::string_view name);

// Adds what says a loss in another way, behind the loss that it follows from: the perplexity, and
// where the bytes of the targets are known, the bits per byte.
void add_forms_of_loss(std::vector<MetricValue>& values);

// Adds what follows from the counts of a report: sizes of a step, rates, the share of padding, and
// in place of "model_flops" the share of the peak that went into them.
void add_rates(std::vector<MetricValue>& values, const StepsTaken& steps);

}  // namespace roux
