#include "gang/launcher/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace roux::launcher {
namespace {

constexpr std::array kStops = {SIGINT, SIGTERM, SIGUSR1, SIGHUP, SIGQUIT};

bool is_ignored(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Signals::Signals() {
  sigemptyset(&set_);
  for (const int signal : kStops) {
    if (!is_ignored(signal)) sigaddset(&set_, signal);
  }
  for (const int signal : {SIGTSTP, SIGCONT, SIGCHLD}) sigaddset(&set_, signal);
  // A child that is waited for by nobody must still tell of its end.
  std::signal(SIGCHLD, SIG_DFL);

  sigset_t blocked = set_;
  sigaddset(&blocked, SIGPIPE);
  sigaddset(&blocked, SIGTTOU);  // or a launcher behind its guardian might not print (stty tostop)
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
}

bool asks_to_stop(int signal) {
  return std::ranges::find(kStops, signal) != kStops.end();
}

SignalQueue::SignalQueue(const Signals& signals)
    : descriptor_(signalfd(-1, &signals.set(), SFD_CLOEXEC | SFD_NONBLOCK)) {
  if (!descriptor_.is_open()) posix::fail("wait for", "signals", errno);
}

std::optional<int> SignalQueue::next() {
  signalfd_siginfo info = {};
  if (read(descriptor_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace roux::launcher
