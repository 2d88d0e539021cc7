#include "gang/progress_board.h"

#include <exception>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::gang {
namespace {

using Clock = std::chrono::system_clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::int64_t to_number(Clock::time_point time) {
  return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

Clock::time_point to_time(const std::string& text) {
  return Clock::time_point(milliseconds(parse_integer(text).value_or(0)));
}

// What a rank that is late does, as a sentence's end.
std::string describe(const Progress& progress, Clock::time_point now) {
  if (progress.told == Clock::time_point{}) return "it was never heard of";
  std::string text =
      progress.step < 0 ? "before its first step" : cat("in step ", progress.step + 1);
  if (!progress.waits_for.empty()) {
    text += cat(", it waits for ", progress.waits_for);
  } else if (!progress.last.empty()) {
    text += cat(", it last came to ", progress.last);
  }
  text += cat(", since ", duration_cast<seconds>(now - progress.since).count(), " s");
  constexpr seconds kSilent{2};  // ranks tell each second
  if (now - progress.told > kSilent) {
    text += cat("; not heard of for ", duration_cast<seconds>(now - progress.told).count(), " s");
  }
  return text;
}

}  // namespace

std::string to_text(const Progress& progress) {
  std::string text = cat(progress.step, '\n', progress.last, '\n', progress.waits_for, '\n',
                         to_number(progress.since), '\n', to_number(progress.told));
  for (const auto& [gang, count] : progress.begun) text += cat('\n', gang, '=', count);
  return text;
}

Progress parse_progress(const std::string& text) {
  const std::vector<std::string> lines = split(text, '\n');
  constexpr std::size_t kFixed = 5;
  if (lines.size() < kFixed) return {};
  Progress progress{.step = parse_integer(lines[0]).value_or(-1),
                    .last = lines[1],
                    .waits_for = lines[2],
                    .since = to_time(lines[3]),
                    .told = to_time(lines[4])};
  for (std::size_t i = kFixed; i < lines.size(); ++i) {
    const std::size_t equals = lines[i].rfind('=');
    if (equals == std::string::npos) continue;
    progress.begun[lines[i].substr(0, equals)] =
        parse_integer(lines[i].substr(equals + 1)).value_or(0);
  }
  return progress;
}

ProgressBoard::ProgressBoard(int rank, Store store, milliseconds interval)
    : rank_(rank), store_(std::move(store)) {
  progress_.since = Clock::now();
  thread_ = std::thread([this, interval] { run(interval); });
}

ProgressBoard::~ProgressBoard() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
}

void ProgressBoard::begin_step(std::int64_t step) {
  const std::lock_guard lock(mutex_);
  progress_.step = step;
  progress_.since = Clock::now();
}

std::int64_t ProgressBoard::begin_collective(const std::string& gang, std::string_view what) {
  const std::lock_guard lock(mutex_);
  progress_.last = what;
  progress_.since = Clock::now();
  return ++progress_.begun[gang];
}

void ProgressBoard::begin_wait(std::string_view what) {
  const std::lock_guard lock(mutex_);
  progress_.waits_for = what;
  progress_.since = Clock::now();
}

void ProgressBoard::end_wait() {
  const std::lock_guard lock(mutex_);
  progress_.waits_for.clear();
  progress_.since = Clock::now();
}

void ProgressBoard::tell() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    Progress told = progress_;
    told.told = Clock::now();
    text = to_text(told);
  }
  const std::lock_guard lock(store_mutex_);
  store_.write(rank_, text);
}

void ProgressBoard::run(milliseconds interval) {
  for (;;) {
    try {
      tell();
    } catch (const std::exception&) {
      // Who keeps the store is gone: there is nobody to tell, and the collectives will say so.
    }
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, interval, [this] { return end_; })) return;
  }
}

std::string ProgressBoard::who_is_late(const std::string& gang, std::int64_t number,
                                       const std::vector<int>& ranks) {
  std::vector<std::string> late;
  const std::lock_guard lock(store_mutex_);
  for (const int rank : ranks) {
    if (rank == rank_) continue;
    Progress progress;
    try {
      progress = parse_progress(store_.read(rank));
    } catch (const std::exception&) {
      return "";
    }
    const auto begun = progress.begun.find(gang);
    if (begun != progress.begun.end() && begun->second >= number) continue;
    late.push_back(cat("rank ", rank, " has not come: ", describe(progress, Clock::now())));
  }
  return join(late, "\n");
}

std::string ProgressBoard::who_is_missing(const std::vector<int>& ranks) {
  std::vector<std::string> missing;
  const std::lock_guard lock(store_mutex_);
  for (const int rank : ranks) {
    try {
      if (rank != rank_ && store_.read(rank).empty()) missing.push_back(cat(rank));
    } catch (const std::exception&) {
      return "";
    }
  }
  return join(missing, ", ");
}

}  // namespace roux::gang
