#include "roux/trainer/stop.h"

#include <csignal>

#include <array>
#include <atomic>
#include <cstddef>

namespace roux {
namespace {

constexpr int kNotAsked = 0;
constexpr int kAskedByCode = -1;

// Who asked: a signal's number, or one of the above.
std::atomic<int> asked{kNotAsked};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGUSR1, SIGHUP};
std::array<struct sigaction, kSignals.size()> previous;

void ask_or_die(int signal) {
  int nobody = kNotAsked;
  if (asked.compare_exchange_strong(nobody, signal)) return;

  // The second one: whoever sends it has no patience left.
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void StopRequest::request() noexcept {
  int nobody = kNotAsked;
  asked.compare_exchange_strong(nobody, kAskedByCode);
}

bool StopRequest::requested() const noexcept {
  return asked.load() != kNotAsked;
}

std::optional<int> StopRequest::signal() const noexcept {
  const int who = asked.load();
  return who > 0 ? std::optional(who) : std::nullopt;
}

StopOnSignals::StopOnSignals() {
  asked = kNotAsked;
  struct sigaction action = {};
  action.sa_handler = ask_or_die;
  sigemptyset(&action.sa_mask);
  // Not restarted: a read that waits for a person or a peer comes back and sees the request.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &previous[i]);
    // Under nohup a terminal may close.
    const bool stays_ignored = kSignals[i] == SIGHUP && previous[i].sa_handler == SIG_IGN;
    if (stays_ignored) sigaction(kSignals[i], &previous[i], nullptr);
  }
}

StopOnSignals::~StopOnSignals() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous[i], nullptr);
}

}  // namespace roux
