#include "gang/launcher/guardian.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>

#include "base/posix.h"
#include "gang/launcher/failure.h"
#include "gang/launcher/rank_process.h"
#include "gang/launcher/signals.h"
#include "roux/base/error.h"
#include "roux/gang/launcher.h"

namespace roux {
namespace launcher {
namespace {

int guardian = -1;

// Waits for the end of the launcher, and hands it the signals that come meanwhile.
int end_of(pid_t launcher, const Signals& signals) {
  // A third signal is the last word: a launcher that has not ended a while later can't.
  int stops = 0;
  const timespec patience{.tv_sec = 5, .tv_nsec = 0};
  while (true) {
    const int signal = stops < 3 ? sigwaitinfo(&signals.set(), nullptr)
                                 : sigtimedwait(&signals.set(), nullptr, &patience);
    if (signal < 0 && errno == EAGAIN) kill(launcher, SIGKILL);
    if (signal < 0) continue;
    if (signal == SIGCHLD) {
      int status = 0;
      pid_t ended = 0;
      while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == launcher) return status;
      }
      continue;
    }
    if (asks_to_stop(signal)) ++stops;
    kill(launcher, signal);
    if (signal == SIGTSTP) raise(SIGSTOP);
  }
}

[[noreturn]] void guard(pid_t launcher, const Signals& signals) {
  const int status = end_of(launcher, signals);
  kill_descendants();
  if (!WIFSIGNALED(status)) _exit(WEXITSTATUS(status));
  std::cerr << "roux: the launcher " << describe({true, WTERMSIG(status)}, 0)
            << ", and all it had started with it\n";
  _exit(128 + WTERMSIG(status));
}

}  // namespace

int guardian_pipe() {
  return guardian;
}

}  // namespace launcher

void guard_launcher() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) posix::fail("start", "the launcher", errno);
  const launcher::Signals signals;  // none gets lost in between
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::cout.flush();
  const pid_t launcher = fork();
  if (launcher < 0) posix::fail("start", "the launcher", errno);
  if (launcher > 0) {
    setpgid(launcher, launcher);
    close(ends[0]);
    launcher::guard(launcher, signals);
  }
  // In a process group of its own, or Ctrl-C would reach it twice.
  setpgid(0, 0);
  close(ends[1]);
  launcher::guardian = ends[0];
}

}  // namespace roux
