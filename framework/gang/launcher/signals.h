#pragma once

#include <csignal>
#include <optional>

#include "base/posix.h"

namespace roux::launcher {

// The signals that a launcher understands: those that ask for a stop, Ctrl-Z and its end, and that
// a child has ended. From now on they are blocked in this process, as is SIGPIPE. One that was
// ignored so far (SIGHUP under nohup) stays ignored.
class Signals {
 public:
  Signals();

  const sigset_t& set() const { return set_; }

 private:
  sigset_t set_;
};

// Whether a signal asks for a stop.
bool asks_to_stop(int signal);

// Those signals as a descriptor that can be polled.
class SignalQueue {
 public:
  explicit SignalQueue(const Signals& signals);

  int descriptor() const { return descriptor_.get(); }

  // The next one that has come.
  std::optional<int> next();

 private:
  posix::Descriptor descriptor_;
};

}  // namespace roux::launcher
