#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "roux/metrics/metric_bag.h"
#include "roux/metrics/phase_times.h"
#include "roux/trainer/standard_trainer.h"
#include "trainer/trainer_state.h"

namespace roux {

// Makes reports of what was counted and how long it took, and hands them to the recorder.
class TrainReport {
 public:
  explicit TrainReport(const TrainerParts& parts) : parts_(parts) {}

  // Of the `steps` since the last one.
  void publish(const TrainerState& state, std::int64_t steps, const MetricBag& metrics,
               const PhaseTimes& times) const;

  void record(const TrainerState& state, std::string category,
              std::vector<MetricValue> values) const;
  void record_samples(const TrainerState& state, std::string text) const;

  // Since this process began.
  std::chrono::duration<double> age() const { return Clock::now() - start_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::optional<double> peak_flops(const std::vector<MetricValue>& values) const;
  void add_lrs(const TrainerState& state, std::vector<MetricValue>& values) const;

  const TrainerParts& parts_;
  const Clock::time_point start_ = Clock::now();
};

}  // namespace roux
