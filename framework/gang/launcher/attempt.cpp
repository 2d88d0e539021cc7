#include "gang/launcher/attempt.h"

#include <algorithm>
#include <csignal>

#include "gang/launcher/network.h"
#include "gang/launcher/signals.h"
#include "roux/base/error.h"

namespace roux::launcher {
namespace {

namespace fs = std::filesystem;

// Of a rank that was asked to end since another had failed.
bool is_our_doing(const End& end) {
  return end.stop_signal() || (end.by_signal && (end.number == SIGTERM || end.number == SIGKILL));
}

}  // namespace

Attempt::Attempt(const LaunchOptions& options, const Job& job, int number, const fs::path& scratch,
                 Console& console)
    : options_(options),
      job_(job),
      number_(number),
      scratch_(scratch),
      console_(console),
      kills_before_(kills_for_memory()) {}

void Attempt::start() {
  if (!options_.log_folder.empty()) {
    const fs::path folder = files_of(0).out.parent_path();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw Error(cat("cannot make ", folder, ": ", error.message()));
    console_.say(cat("the output of each rank is kept in ", folder.string()));
  }
  for (int local_rank = 0; local_rank < job_.local_size; ++local_rank) {
    const int rank = job_.rank(local_rank);
    ranks_.emplace_back(local_rank, rank, files_of(rank), shown(rank));
  }
  const int cores = count_cores();
  const Variables own = own_variables();
  for (int local_rank = 0; local_rank < job_.local_size; ++local_rank) {
    Rank& rank = ranks_[static_cast<std::size_t>(local_rank)];
    rank.start(options_.program, options_.arguments,
               rank_variables(job_, local_rank, number_, cores, rank.error_file(), own));
  }
}

bool Attempt::runs() const {
  return std::ranges::any_of(ranks_, &Rank::runs);
}

std::optional<Failure> Attempt::failure() const {
  auto first = first_of(failures_);
  if (first) {
    first->node = job_.node_rank;
    first->host = host_name();
  }
  return first;
}

bool Attempt::take_end_of(pid_t pid, bool stop_was_asked) {
  const auto rank = std::ranges::find(ranks_, pid, &Rank::pid);
  if (rank == ranks_.end()) return false;
  rank->bury(console_);
  const End& end = rank->end();
  if (end.exit_code() == 0) return true;

  Failure failure = rank->failure(kills_for_memory() - kills_before_);
  if (is_stopping_ && is_our_doing(end)) {
    // Unless it had failed before the one that ended first, and was slower to end.
    const auto error = read_error_file(rank->error_file());
    if (!error || error->consequence) return true;
    failure.exit_code = error->exit_code.value_or(1);
    failure.how = cat("told of an error, and was ended by ", signal_name(end.exit_code() - 128));
    failures_.push_back(failure);
    return true;
  }
  // Whoever does not handle a signal that was forwarded is ended by it: a stop too.
  failure.stopped =
      end.stop_signal() || (stop_was_asked && end.by_signal && asks_to_stop(end.number));
  failures_.push_back(failure);
  if (failure.stopped) {
    // A rank that was asked to stop has told the others: they end after the same step, and must not
    // be disturbed while they save.
    was_stopped_ = true;
  } else {
    has_failed_ = true;
    stop_for_failure();
  }
  return true;
}

void Attempt::stop(int signal) {
  was_stopped_ = true;
  const bool is_of_terminal = signal == SIGINT || signal == SIGQUIT || signal == SIGHUP;
  for (const Rank& rank : ranks_) {
    if (is_of_terminal) {
      rank.signal_group(signal);
    } else {
      rank.signal_process(signal);
    }
  }
}

void Attempt::stop_for_failure() {
  if (is_stopping_) return;
  is_stopping_ = true;
  kills_at_ = Clock::now() + options_.grace;
  send(SIGTERM);
  send(SIGCONT);
}

void Attempt::kill() {
  is_stopping_ = true;
  send(SIGKILL);
}

void Attempt::send(int signal) {
  for (const Rank& rank : ranks_) rank.signal_group(signal);
}

void Attempt::kill_if_due() {
  if (Clock::now() < kills_at_) return;
  kills_at_ = Clock::time_point::max();
  send(SIGKILL);
}

std::vector<int> Attempt::pipes() const {
  std::vector<int> all;
  for (const Rank& rank : ranks_) {
    const auto pipes = rank.pipes();
    all.insert(all.end(), pipes.begin(), pipes.end());
  }
  return all;
}

void Attempt::read(int descriptor) {
  for (Rank& rank : ranks_) rank.read(descriptor, console_);
}

void Attempt::drain() {
  for (Rank& rank : ranks_) rank.drain(console_);
}

RankFiles Attempt::files_of(int rank) const {
  const bool is_kept = !options_.log_folder.empty();
  const fs::path folder = is_kept ? options_.log_folder / cat("attempt_", number_) : scratch_;
  const std::string name = cat("rank_", rank);
  if (!is_kept) return {folder / cat(name, "_attempt_", number_, ".json"), "", ""};
  return {folder / (name + ".json"), folder / (name + ".out"), folder / (name + ".err")};
}

Shown Attempt::shown(int rank) const {
  if (options_.log_folder.empty()) return job_.world_size > 1 ? Shown::ByLine : Shown::Directly;
  return rank == 0 ? Shown::ByLine : Shown::Never;
}

}  // namespace roux::launcher
