#pragma once

#include <optional>

namespace roux {

// Whether the run should end after the step it is in. Loops ask between steps.
//
// One for the process, since signals are. Thread safety: any thread, and signal handlers.
class StopRequest {
 public:
  // Ends the run as a signal would.
  void request() noexcept;

  bool requested() const noexcept;

  // The signal that asked, if it was one: the process ends with 128 + it.
  std::optional<int> signal() const noexcept;
};

// While it lives, SIGINT, SIGTERM, SIGUSR1 and SIGHUP (unless it is ignored) ask for a stop. The
// second one ends the process at once, as if nobody had listened. One at a time.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();

  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;
};

}  // namespace roux
