#include "roux/gang/launcher.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gang/launcher/attempt.h"
#include "gang/launcher/console.h"
#include "gang/launcher/coordinator.h"
#include "gang/launcher/guardian.h"
#include "gang/launcher/rank_process.h"
#include "gang/launcher/signals.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"

namespace roux {
namespace launcher {
namespace {

using Clock = std::chrono::steady_clock;

class Launcher {
 public:
  explicit Launcher(const LaunchOptions& options)
      : options_(options),
        signal_queue_(signals_),
        coordinator_(options.host.empty() ? coordinate_alone(options) : coordinate_nodes(options)) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

  ~Launcher() { kill_descendants(); }

  int run() {
    while (!job_) {
      if (stops_ > 0) return 128 + last_stop_;
      step();
    }
    for (int number = 0;; ++number) {
      const Verdict verdict = run_attempt(number);
      if (verdict.failure && !verdict.failure->stopped) {
        console_.say(report(*verdict.failure, job_->nodes));
      }
      if (!verdict.restart) return verdict.exit_code;
      console_.say(cat("restart ", number + 1, " of ", job_->max_restarts));
    }
  }

 private:
  Verdict run_attempt(int number) {
    verdict_.reset();
    attempt_ = std::make_unique<Attempt>(options_, *job_, number, scratch_.path(), console_);
    attempt_->start();
    coordinator_->tell_started();
    bool failure_was_told = false;
    while (attempt_->runs()) {
      step();
      if (attempt_->has_failed() && !std::exchange(failure_was_told, true)) {
        coordinator_->tell_failed();
      }
    }
    kill_descendants();  // what the ranks left behind
    attempt_->drain();
    console_.flush(true);
    if (!problem_.empty()) throw Error(problem_);
    if (stops_ > 2) return {.exit_code = 128 + last_stop_};
    if (attempt_->was_stopped()) coordinator_->tell_stop();

    coordinator_->tell_ended({.failure = attempt_->failure()});
    attempt_.reset();
    while (!verdict_) {
      if (stops_ > 2) return {.exit_code = 128 + last_stop_};
      step();
      if (!problem_.empty()) throw Error(problem_);
    }
    return *verdict_;
  }

  // Waits for whatever comes next, and handles it.
  void step() {
    std::vector<pollfd> waited = {{signal_queue_.descriptor(), POLLIN, 0},
                                  {coordinator_->descriptor(), POLLIN, 0},
                                  {guardian_pipe(), POLLIN, 0}};
    const std::size_t first_pipe = waited.size();
    const bool is_full = console_.is_full();
    if (attempt_ && !is_full) {
      for (const int pipe : attempt_->pipes()) waited.push_back({pipe, POLLIN, 0});
    }
    poll(waited.data(), waited.size(), timeout(is_full));

    for (std::size_t i = first_pipe; i < waited.size(); ++i) {
      if (waited[i].revents != 0) attempt_->read(waited[i].fd);
    }
    if (waited[2].revents != 0) die_with_guardian();
    while (const auto signal = signal_queue_.next()) take(*signal);
    while (auto event = coordinator_->next()) take(std::move(*event));
    if (console_.wakes_at() <= Clock::now()) console_.flush();
    if (attempt_) attempt_->kill_if_due();
  }

  // In milliseconds, for poll().
  int timeout(bool is_full) const {
    constexpr int kLookAgain = 10;
    if (is_full) return kLookAgain;
    const auto wakes_at =
        std::min(console_.wakes_at(), attempt_ ? attempt_->kills_at() : Clock::time_point::max());
    if (wakes_at == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wakes_at - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
  }

  void take(int signal) {
    if (signal == SIGCHLD) {
      reap();
    } else if (signal == SIGTSTP || signal == SIGCONT) {
      if (attempt_) attempt_->send(signal == SIGTSTP ? SIGSTOP : SIGCONT);
    } else {
      ++stops_;
      last_stop_ = signal;
      coordinator_->tell_stop();
      if (!attempt_) return;
      if (stops_ > 2) {
        attempt_->kill();
      } else {
        attempt_->stop(signal);
      }
    }
  }

  void take(Event event) {
    switch (event.kind) {
      case Event::Kind::Note:
        console_.say(event.text);
        break;
      case Event::Kind::Met:
        job_ = std::move(event.job);
        if (job_->world_size > 1 && options_.log_folder.empty()) console_.tell_ranks_apart(*job_);
        break;
      case Event::Kind::OthersFailed:
        if (attempt_) attempt_->stop_for_failure();
        break;
      case Event::Kind::Decided:
        verdict_ = std::move(event.verdict);
        break;
      case Event::Kind::Refused:
        throw ConfigError(event.text);
      case Event::Kind::Lost:
        if (!attempt_ || !attempt_->runs()) throw Error(event.text);
        problem_ = event.text;
        attempt_->stop_for_failure();
        break;
    }
  }

  // Children that have ended: ranks, and orphans of theirs.
  void reap() {
    siginfo_t info = {};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
      if (!attempt_ || !attempt_->take_end_of(info.si_pid, stops_ > 0)) {
        waitpid(info.si_pid, nullptr, 0);
      }
      info.si_pid = 0;
    }
  }

  // It can't go on without: nobody would clean up behind it. The destructors do not run.
  [[noreturn]] void die_with_guardian() {
    kill_descendants();
    std::error_code error;
    std::filesystem::remove_all(scratch_.path(), error);
    _exit(128 + SIGKILL);
  }

  const LaunchOptions& options_;
  Signals signals_;
  SignalQueue signal_queue_;
  TemporaryFolder scratch_;
  Console console_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Attempt> attempt_;
  std::optional<Job> job_;
  std::optional<Verdict> verdict_;
  std::string problem_;
  int stops_ = 0;
  int last_stop_ = 0;
};

}  // namespace
}  // namespace launcher

int launch(const LaunchOptions& options) {
  return launcher::Launcher(options).run();
}

}  // namespace roux
