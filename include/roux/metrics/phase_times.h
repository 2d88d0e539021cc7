#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "roux/metrics/metric_value.h"

namespace roux {

// What a training process is doing.
enum class Phase { Other, Data, Forward, Backward, Gang, Optimizer, Validation, Checkpoint };
inline constexpr std::size_t kNumPhases = 8;

// Where the time between two reports goes. At any moment one phase runs; entering one ends the one
// before and costs a look at a clock (25 ns). It is the host's time: where a device works on its
// own, a phase is as long as the host is busy with it or waits in it.
//
//   times.enter(Phase::Data);
//   auto batch = reader.next();
//   times.enter(Phase::Forward);
//
// One thread at a time.
class PhaseTimes {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = Clock::time_point (*)();

  // `now` is the clock; tests have their own.
  explicit PhaseTimes(Now now = &Clock::now);

  void enter(Phase phase);

  // Until its end the time belongs to `phase`, then again to the one before.
  class Scope {
   public:
    Scope(PhaseTimes& times, Phase phase) : times_(times), before_(times.phase_) {
      times.enter(phase);
    }
    ~Scope() { times_.enter(before_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PhaseTimes& times_;
    Phase before_;
  };

  // Seconds spent in `phase` since the last begin_anew(), the time that runs included.
  double seconds(Phase phase) const;

  // Of training: waiting for data and for other ranks, forward, backward and optimizer. What rates
  // are made of, since it does not hold validation and checkpoints.
  double step_seconds() const;

  // Since the last begin_anew(): all phases together.
  double lapse_seconds() const;

  // data_time, forward_time, backward_time, gang_time, optimizer_time, compute_time,
  // checkpoint_time, validation_time, other_time, lapse_time and data_wait_share.
  std::vector<MetricValue> values() const;

  // A report was made.
  void begin_anew();

 private:
  Now now_;
  Phase phase_ = Phase::Other;
  Clock::time_point since_;
  std::array<Clock::duration, kNumPhases> spent_{};
};

}  // namespace roux
