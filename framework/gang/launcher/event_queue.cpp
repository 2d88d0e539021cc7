#include "gang/launcher/event_queue.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <utility>

namespace roux::launcher {

// As a semaphore: it can be read as often as there are events.
EventQueue::EventQueue() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) {
  if (!descriptor_.is_open()) posix::fail("wait for", "events", errno);
}

void EventQueue::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push(std::move(event));
  }
  eventfd_write(descriptor_.get(), 1);
}

std::optional<Event> EventQueue::next() {
  eventfd_t ignored = 0;
  if (eventfd_read(descriptor_.get(), &ignored) != 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Event event = std::move(events_.front());
  events_.pop();
  return event;
}

}  // namespace roux::launcher
