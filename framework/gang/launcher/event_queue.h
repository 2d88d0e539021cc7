#pragma once

#include <mutex>
#include <optional>
#include <queue>

#include "base/posix.h"
#include "gang/launcher/coordinator.h"

namespace roux::launcher {

// From any thread to the one that polls `descriptor()`.
class EventQueue {
 public:
  EventQueue();

  int descriptor() const { return descriptor_.get(); }
  void push(Event event);
  std::optional<Event> next();

 private:
  posix::Descriptor descriptor_;
  std::mutex mutex_;
  std::queue<Event> events_;
};

}  // namespace roux::launcher
