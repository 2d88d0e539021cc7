#include "roux/checkpoint/checkpoint_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <ctime>
#include <exception>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/posix.h"
#include "checkpoint/files_writer.h"
#include "checkpoint/folder.h"
#include "checkpoint/image.h"
#include "checkpoint/manifest.h"
#include "checkpoint/retention.h"
#include "checkpoint/staging.h"
#include "roux/base/error.h"
#include "roux/base/file_lock.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/base/strings.h"
#include "roux/base/thread_pool.h"
#include "roux/checkpoint/checkpoint_folder.h"
#include "roux/gang/gang.h"

namespace roux {

namespace fs = std::filesystem;
using checkpoint::Image;
using checkpoint::Kept;
using checkpoint::Manifest;
using checkpoint::Staging;

namespace {

// Beside the caller. A few cores are as fast as memory is.
int num_copy_threads() {
  constexpr int kMost = 8;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) - 1, 1, kMost);
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::string text(sizeof("2026-11-21T19:58:32Z"), '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

FileLock hold(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    throw ConfigError(cat("cannot keep checkpoints in ", folder, ": ",
                          error ? error.message() : "it is no folder"));
  }
  const fs::path path = folder / checkpoint::kLockName;
  auto lock = FileLock::try_lock(path);
  if (!lock) {
    throw ConfigError(
        cat("cannot keep checkpoints in ", folder, ": another run does: ", FileLock::holder(path)));
  }
  return std::move(*lock);
}

Kept kept_of(const Manifest& manifest) {
  const bool is_model_only =
      !manifest.files.empty() &&
      std::ranges::all_of(manifest.files, [](const auto& file) { return file.part == "model"; });
  return {manifest.step, manifest.score, is_model_only};
}

void make_new_folder(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);  // what a failed save could not remove
  constexpr mode_t kAllForAll = 0777;
  if (::mkdir(path.c_str(), kAllForAll) != 0) posix::fail("make the folder", path, errno);
}

}  // namespace

struct CheckpointStore::State {
  State(fs::path where, CheckpointRetention what, std::shared_ptr<Gang> ranks)
      : folder(std::move(where)),
        retention(what),
        gang(ranks ? std::move(ranks) : std::shared_ptr<Gang>(make_fake_gang())) {
    together([&] {
      if (!is_first()) return;
      lock.emplace(hold(folder));
      checkpoint::clean_up(folder);
    });
  }

  bool is_first() const { return gang->rank() == 0; }

  // Does this rank's part, and returns once all have done theirs. What one rank threw, all throw.
  template <typename Work>
  void together(const Work& work) const {
    std::exception_ptr own;
    std::string problem;
    try {
      work();
    } catch (const std::exception& error) {
      own = std::current_exception();
      problem = error.what();
    }
    const auto problems = gang->all_gather_texts(problem, "the checkpoint");
    if (own) std::rethrow_exception(own);
    for (const std::string& each : problems) {
      if (!each.empty()) throw GangError(each, true);
    }
  }

  // Writes what is in the staging memory: in a thread of its own.
  void write(Image image);
  void put_down(Image& image);
  void apply_retention(std::int64_t saved);

  std::optional<Checkpoint> find_newest() const;

  // Those that are whole at first sight, in order. A manifest is read once.
  std::vector<Kept> kept() const;

  fs::path folder;
  CheckpointRetention retention;
  std::shared_ptr<Gang> gang;    // used by one thread at a time: the writer's while it writes
  std::optional<FileLock> lock;  // the first rank's

  std::unique_ptr<Staging> staging;
  bool staging_is_pinned = false;
  ThreadPool copiers{{.num_threads = num_copy_threads(), .name = "stage"}};

  mutable std::mutex mutex;
  mutable std::map<std::int64_t, Kept> known;  // guarded by the mutex

  std::future<void> pending;
  ThreadPool writer{{.num_threads = 1, .name = "save"}};  // last: it ends before the rest goes
};

void CheckpointStore::State::put_down(Image& image) {
  const std::int64_t step = image.manifest().step;
  const fs::path temporary = checkpoint::temporary_of(folder, step);
  try {
    together([&] {
      if (is_first()) make_new_folder(temporary);
    });
    const bool is_alone = gang->size() == 1;
    together([&] {
      checkpoint::write_files(
          temporary, image, *staging,
          is_alone ? checkpoint::kManifestName : checkpoint::part_manifest_name(gang->rank()));
    });
    together([&] {
      if (!is_first()) return;
      if (!is_alone) checkpoint::merge_manifests(temporary, gang->size());
      checkpoint::put_in_place(folder, step);
    });
  } catch (...) {
    std::error_code ignored;  // what went wrong first is what matters
    if (is_first()) fs::remove_all(temporary, ignored);
    throw;
  }
}

void CheckpointStore::State::write(Image image) {
  const std::int64_t step = image.manifest().step;
  try {
    put_down(image);
  } catch (const InternalError&) {
    throw;
  } catch (const Error& error) {
    throw Error(cat("cannot save the checkpoint of step ", step, ": ", error.what()));
  }
  {
    const std::lock_guard guard(mutex);
    known[step] = kept_of(image.manifest());
  }
  if (is_first()) apply_retention(step);
}

// The new checkpoint is there: that an old one can't go is no reason to say it isn't.
void CheckpointStore::State::apply_retention(std::int64_t saved) try {
  const auto surplus = checkpoint::find_surplus(retention, kept(), saved);
  const auto change = [&](std::int64_t step, auto how) {
    try {
      how(folder, step);
    } catch (const Error& error) {
      log_warning("the checkpoint of step ", step, " can't be thinned out: ", error.what());
    }
    const std::lock_guard guard(mutex);
    known.erase(step);
  };
  for (const std::int64_t step : surplus.steps) change(step, checkpoint::remove_step);
  for (const std::int64_t step : surplus.model_only) change(step, checkpoint::keep_model_only);
} catch (const Error& error) {
  log_warning("older checkpoints can't be looked through: ", error.what());
}

std::vector<Kept> CheckpointStore::State::kept() const {
  const auto found = list_checkpoints(folder);
  const std::lock_guard guard(mutex);
  std::erase_if(known, [&](const auto& each) { return !found.contains(each.first); });
  std::vector<Kept> all;
  for (const auto& [step, path] : found) {
    auto entry = known.find(step);
    if (entry == known.end()) {
      try {
        entry = known.emplace(step, kept_of(checkpoint::read_manifest(path))).first;
      } catch (const DataError&) {
        continue;  // it is broken: neither counted nor removed
      }
    }
    all.push_back(entry->second);
  }
  return all;
}

CheckpointStore::CheckpointStore(fs::path folder, CheckpointRetention retention,
                                 std::shared_ptr<Gang> gang)
    : state_(std::make_unique<State>(std::move(folder), retention, std::move(gang))) {
  for (const auto& count :
       {retention.keep_last_n, retention.keep_best_n, retention.keep_every_n_steps}) {
    require(count.value_or(1) >= 1, "CheckpointRetention: its numbers must be 1 or more");
  }
}

CheckpointStore::~CheckpointStore() {
  try {
    finish();
  } catch (const std::exception& error) {
    log_error(error.what());
  }
}

void CheckpointStore::save(std::int64_t step, const CheckpointContents& contents,
                           std::optional<double> score) {
  require(step >= 0, "CheckpointStore::save: the step must be 0 or more");
  finish();
  const Gang& gang = *state_->gang;
  Image image(contents, gang.rank() == 0 ? "" : cat("-rank_", gang.rank()));
  if (gang.size() == 1) checkpoint::require_complete(image.manifest());
  image.manifest().step = step;
  image.manifest().time = utc_now();
  if (score && std::isfinite(*score)) image.manifest().score = score;

  State& state = *state_;
  const bool pinned = image.has_device_tensors();
  if (!state.staging || pinned != state.staging_is_pinned) {
    state.staging.reset();  // before there is another
    state.staging = std::make_unique<Staging>(pinned ? Staging::pinned() : Staging::plain());
    state.staging_is_pinned = pinned;
  }
  state.staging->reserve(image.bytes());
  image.fill(*state.staging, state.copiers);
  state.pending = state.writer.submit(
      [&state, image = std::move(image)]() mutable { state.write(std::move(image)); });
}

void CheckpointStore::finish() {
  if (state_->pending.valid()) std::exchange(state_->pending, {}).get();
}

bool CheckpointStore::is_saving() const {
  using namespace std::chrono_literals;
  return state_->pending.valid() && state_->pending.wait_for(0s) != std::future_status::ready;
}

std::vector<std::int64_t> CheckpointStore::steps() const {
  std::vector<std::int64_t> steps;
  for (const Kept& each : state_->kept()) steps.push_back(each.step);
  return steps;
}

std::optional<Checkpoint> CheckpointStore::State::find_newest() const {
  const auto found = list_checkpoints(folder);
  std::vector<std::string> broken;
  for (auto each = found.rbegin(); each != found.rend(); ++each) {
    try {
      Checkpoint checkpoint(each->second);
      if (checkpoint.is_model_only()) continue;
      checkpoint.verify();
      return checkpoint;
    } catch (const InternalError&) {
      throw;
    } catch (const Error& error) {
      log_warning("the checkpoint of step ", each->first, " is broken: ", error.what());
      broken.push_back(each->second.string());
    }
  }
  if (broken.empty()) return std::nullopt;
  throw DataError(
      cat("no checkpoint that this run could go on from is whole, and it does not begin "
          "anew while there are broken ones; to let it, remove them:\n  roux checkpoint rm ",
          join(broken, " ")));
}

std::optional<Checkpoint> CheckpointStore::newest() const {
  std::optional<Checkpoint> found;
  state_->together([&] {
    if (state_->is_first()) found = state_->find_newest();
  });
  const std::string step = state_->gang->broadcast_text(found ? cat(found->step()) : "", 0,
                                                        "the checkpoint to go on from");
  if (step.empty() || state_->is_first()) return found;
  return at(*parse_integer(step));
}

Checkpoint CheckpointStore::at(std::int64_t step) const {
  const auto found = list_checkpoints(state_->folder);
  if (const auto each = found.find(step); each != found.end()) return Checkpoint(each->second);
  std::vector<std::string> steps;
  for (const auto& [known, path] : found) steps.push_back(cat(known));
  throw ConfigError(cat("no checkpoint of step ", step, " is in ", state_->folder, ": there ",
                        steps.empty() ? "is none" : "are those of ", join(steps, ", ")));
}

std::optional<std::int64_t> CheckpointStore::best_step() const {
  const auto best = checkpoint::by_score(state_->kept());
  if (best.empty()) return std::nullopt;
  return best.front();
}

}  // namespace roux
