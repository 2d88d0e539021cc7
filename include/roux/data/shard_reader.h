#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/base/thread_pool.h"
#include "roux/data/shard_plan.h"
#include "roux/data/stream.h"

namespace roux::data {

// Where a stream of shards stands. A rank saves the shards it owns; taken together, those of all
// ranks are what any number of ranks goes on from.
struct ShardPlaces {
  std::int64_t step = 0;  // the next one
  std::int64_t batches_per_step = 0;
  std::map<std::int64_t, Bookmark> shards;
};

// The batches of one rank, step by step, read ahead on the threads of a pool.
//
// A shard's stream is used by one thread at a time, and different shards by different threads, so
// the work of a pipeline is spread without a lock in it. Its place is taken after every batch:
// saving never waits for what is being read.
template <typename T>
class ShardReader {
 public:
  using Open = std::function<StreamPtr<T>(std::int64_t shard)>;

  // Keeps up to `ahead` batches ready or under way. Requires: `pool` lives as long, and no stream
  // works on it.
  ShardReader(ShardPlan plan, const Open& open, ThreadPool& pool, std::int64_t ahead)
      : plan_(plan), pool_(pool), ahead_(ahead) {
    require(ahead >= 1, "a reader must read at least one batch ahead");
    plan_.check();
    for (std::int64_t shard = plan_.rank; shard < plan_.num_shards; shard += plan_.num_ranks) {
      Shard& one = shards_[shard];
      one.stream = open(shard);
      one.delivered = data::save(*one.stream);
    }
  }
  ~ShardReader() {
    stop();
    const std::lock_guard lock(door_->mutex);
    door_->open = false;
  }
  ShardReader(const ShardReader&) = delete;
  ShardReader& operator=(const ShardReader&) = delete;

  // This rank's batches of the next step: plan.accumulation() of them, and fewer where shards have
  // come to their end: none at all, even, while shards of later steps have some.
  //
  // Where reading a batch fails, throws what it threw. The next call goes on with the same step,
  // another batch in the place of the one that failed.
  std::vector<T> next_step() {
    while (static_cast<std::int64_t>(step_.size()) < plan_.accumulation()) {
      fill();
      Shard& shard = shards_.at(plan_.shard_of(next_));
      std::unique_lock lock(door_->mutex);
      while (shard.ready.empty()) wait_for(shard, lock);
      Ready first = std::move(shard.ready.front());
      shard.ready.pop_front();
      lock.unlock();
      if (first.error) {
        ask_first(shard);  // another in its place
        std::rethrow_exception(first.error);
      }
      ++next_;
      step_.emplace_back(&shard, std::move(first));
    }
    std::vector<T> batches;
    for (auto& [shard, read] : std::exchange(step_, {})) {
      shard->delivered = std::move(read.behind);
      shard->ended = !read.batch;
      if (read.batch) batches.push_back(std::move(*read.batch));
    }
    return batches;
  }

  // Whether every shard of this rank has come to its end. The data has where all ranks say so.
  bool ended() const {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const auto& entry) { return entry.second.ended; });
  }

  // Back to the beginning of all shards, in the order of an epoch.
  void rewind(std::int64_t epoch) {
    stop();
    for (auto& [number, shard] : shards_) {
      shard.stream->rewind(epoch);
      shard.delivered = data::save(*shard.stream);
      shard.ended = false;
    }
    next_ = 0;
    asked_ = 0;
  }

  // The place behind the last whole step.
  ShardPlaces save() const {
    ShardPlaces places;
    places.step = next_ / plan_.accumulation();
    places.batches_per_step = plan_.batches_per_step;
    for (const auto& [number, shard] : shards_) places.shards.emplace(number, shard.delivered);
    return places;
  }

  // `places`: of all ranks together, whatever their number was. The batches of a step are held: of
  // another number of ranks, each takes more of them, or fewer. Throws ConfigError where this
  // number of ranks doesn't divide them, or shards were others: the steps would be, too.
  void load(const ShardPlaces& places) {
    stop();
    const auto saved = static_cast<std::int64_t>(places.shards.size());
    if (saved != plan_.num_shards) {
      throw ConfigError(cat("the run was saved with ", saved,
                            " shards (dataset.num_shards), and cannot go on with ",
                            plan_.num_shards));
    }
    ShardPlan plan = plan_;
    plan.batches_per_step = places.batches_per_step;
    plan.check();
    if (plan.batches_per_step != plan_.batches_per_step) {
      log_warning("the batches of a step are held at ", plan.batches_per_step, ": each of ",
                  plan.num_ranks, " data ranks takes ", plan.accumulation(), ", and not ",
                  plan_.accumulation(), " (trainer.grad_accumulation.num_batches)");
    }
    plan_ = plan;
    for (auto& [number, shard] : shards_) {
      const auto place = places.shards.find(number);
      if (place == places.shards.end()) {
        throw DataError(
            cat("the saved place in the data lacks shard ", number, " of ", plan_.num_shards));
      }
      data::load(*shard.stream, place->second);
      shard.delivered = place->second;
      shard.ended = false;
    }
    next_ = places.step * plan_.accumulation();
    asked_ = next_;
  }

 private:
  struct Ready {
    std::optional<T> batch;  // nullopt: the end, or an error
    std::exception_ptr error;
    Bookmark behind;
  };
  struct Shard {
    StreamPtr<T> stream;
    Bookmark delivered;  // behind its last batch of a whole step
    bool ended = false;
    std::deque<Ready> ready;
    bool busy = false;  // a thread is at it
  };

  // What a thread of the pool that comes late finds instead of a reader that is gone.
  struct Door {
    std::mutex mutex;
    bool open = true;
  };

  // Asks for what lies ahead, in the order in which it will be needed; for half of it at a time, as
  // to wake a thread for each batch can cost as much as the batch.
  void fill() {
    if (asked_ - next_ > ahead_ / 2) return;
    const std::lock_guard lock(door_->mutex);
    for (; asked_ < next_ + ahead_; ++asked_) {
      due_.push_back(&shards_.at(plan_.shard_of(asked_)));
      call_a_thread();
    }
  }

  void ask_first(Shard& shard) {
    const std::lock_guard lock(door_->mutex);
    due_.push_front(&shard);
    call_a_thread();
  }

  void call_a_thread() {
    if (called_ == pool_.num_threads()) return;
    ++called_;
    pool_.submit([this, door = door_] {
      std::unique_lock lock(door->mutex);
      if (!door->open) return;
      while (read_one(lock)) {
      }
      --called_;
    });
  }

  // The thread that calls next_step() would only wait, so it lends a hand where there is one to
  // lend, which need not be with the batch that it waits for.
  void wait_for(Shard& shard, std::unique_lock<std::mutex>& lock) {
    if (read_one(lock)) {
      if (!due_.empty()) call_a_thread();  // one may have left for want of an idle shard
      return;
    }
    awaited_ = &shard;
    came_.wait(lock, [&] { return !shard.ready.empty(); });
    awaited_ = nullptr;
  }

  // Reads the batch that is needed first of those whose shards no thread is at; false: there is
  // none.
  bool read_one(std::unique_lock<std::mutex>& lock) {
    const auto due =
        std::find_if(due_.begin(), due_.end(), [](const Shard* shard) { return !shard->busy; });
    if (due == due_.end()) return false;
    Shard& shard = **due;
    due_.erase(due);
    shard.busy = true;
    ++reading_;
    lock.unlock();
    Ready one;
    try {
      one.batch = shard.stream->next();
    } catch (...) {
      one.error = std::current_exception();
    }
    one.behind = data::save(*shard.stream);
    lock.lock();
    shard.busy = false;
    shard.ready.push_back(std::move(one));
    // Under the lock, or the reader might be gone.
    if (--reading_ == 0 || awaited_ == &shard) came_.notify_all();
    return true;
  }

  // Nothing of ours is read any more once this returns, and nothing is ready.
  void stop() {
    std::unique_lock lock(door_->mutex);
    due_.clear();
    came_.wait(lock, [&] { return reading_ == 0; });
    for (auto& [number, shard] : shards_) shard.ready.clear();
    step_.clear();
  }

  ShardPlan plan_;
  ThreadPool& pool_;
  std::int64_t ahead_;
  std::map<std::int64_t, Shard> shards_;
  std::int64_t next_ = 0;                       // this rank's batches, counted over all steps
  std::int64_t asked_ = 0;                      // up to here
  std::vector<std::pair<Shard*, Ready>> step_;  // what there is of the step that is being read

  const std::shared_ptr<Door> door_ = std::make_shared<Door>();
  std::condition_variable came_;    // a batch that is awaited, or the last that was being read
  const Shard* awaited_ = nullptr;  // by the thread in next_step()
  std::deque<Shard*> due_;          // one entry for each batch that is wanted and not begun
  int reading_ = 0;                 // threads, of the pool or not
  int called_ = 0;                  // threads of the pool that are at it, or on their way
};

}  // namespace roux::data
