#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace roux {

enum class Phase { Other, Data, Forward, Backward, Optimizer, Validation, Checkpoint };

// Where the time since the last report went. Always in one phase.
class Phases {
 public:
  void begin(Phase phase) {
    const auto now = Clock::now();
    seconds_[static_cast<std::size_t>(phase_)] +=
        std::chrono::duration<double>(now - since_).count();
    since_ = now;
    phase_ = phase;
  }

  double seconds(Phase phase) const { return seconds_[static_cast<std::size_t>(phase)]; }

  double total() const {
    double sum = 0.0;
    for (const double each : seconds_) sum += each;
    return sum;
  }

  void begin_anew() {
    begin(phase_);
    seconds_ = {};
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::array<double, 7> seconds_ = {};
  Phase phase_ = Phase::Other;
  Clock::time_point since_ = Clock::now();
};

// Is in a phase while it lives.
class InPhase {
 public:
  InPhase(Phases& phases, Phase phase) : phases_(phases) { phases_.begin(phase); }
  ~InPhase() { phases_.begin(Phase::Other); }
  InPhase(const InPhase&) = delete;
  InPhase& operator=(const InPhase&) = delete;

 private:
  Phases& phases_;
};

}  // namespace roux
