#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gang/launcher/console.h"
#include "gang/launcher/job.h"
#include "gang/launcher/rank.h"
#include "roux/gang/launcher.h"

namespace roux::launcher {

// The ranks of this node from one start to their end.
class Attempt {
 public:
  using Clock = std::chrono::steady_clock;

  // Requires: what it is given outlives it. `scratch` is for files that nobody keeps.
  Attempt(const LaunchOptions& options, const Job& job, int number,
          const std::filesystem::path& scratch, Console& console);

  // Throws Error, with no rank running, if one can't be started.
  void start();

  bool runs() const;

  // A rank failed here by itself.
  bool has_failed() const { return has_failed_; }

  // A rank ended as after a stop that was asked for, or one was.
  bool was_stopped() const { return was_stopped_; }

  // What went wrong first, if anything did. Requires: none runs.
  std::optional<Failure> failure() const;

  // Whether the child that has ended is one of the ranks; it is waited for then.
  bool take_end_of(pid_t pid, bool stop_was_asked);

  // Hands over a signal that asks for a stop. Those from a terminal go to all that a rank has
  // started, as they do without a launcher; others to the rank itself, which then ends the rest.
  void stop(int signal);

  // A rank, here or elsewhere, failed: the others would wait for it. They are asked to end, and
  // killed a while later.
  void stop_for_failure();

  void kill();
  void send(int signal);
  Clock::time_point kills_at() const { return kills_at_; }
  void kill_if_due();

  std::vector<int> pipes() const;
  void read(int descriptor);
  void drain();

 private:
  RankFiles files_of(int rank) const;
  Shown shown(int rank) const;

  const LaunchOptions& options_;
  const Job& job_;
  int number_;
  std::filesystem::path scratch_;
  Console& console_;
  std::deque<Rank> ranks_;
  std::vector<Failure> failures_;
  std::uint64_t kills_before_;
  bool has_failed_ = false;
  bool was_stopped_ = false;
  bool is_stopping_ = false;
  Clock::time_point kills_at_ = Clock::time_point::max();
};

}  // namespace roux::launcher
