#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/thread_pool.h"
#include "roux/data/stream.h"

namespace roux::data {

// Each example through a function: f(T) -> U.
template <typename T, typename F>
class Map final : public Stream<std::invoke_result_t<F&, T>> {
 public:
  using U = std::invoke_result_t<F&, T>;

  Map(StreamPtr<T> from, F function) : from_(std::move(from)), function_(std::move(function)) {}

  std::optional<U> next() override {
    std::optional<T> example = from_->next();
    if (!example) return std::nullopt;
    return function_(std::move(*example));
  }
  void rewind(std::int64_t epoch) override { from_->rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_->save(bookmark.name("map")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("map");
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  F function_;
};

// The same on the threads of a pool, in the order of the examples: up to `in_flight` of them are
// under way at a time, and a slow one holds up what comes after it and no more. `f` is called from
// several threads at once.
//
// Examples are drawn by the thread that calls next(). Work that isn't begun is dropped with the
// stream, without waiting for what else the pool does. Not for work that itself runs on the pool,
// which would wait for itself.
template <typename T, typename F>
class ParallelMap final : public Stream<std::invoke_result_t<const F&, T>> {
 public:
  using U = std::invoke_result_t<const F&, T>;

  // Requires: `pool` lives as long.
  ParallelMap(StreamPtr<T> from, F function, ThreadPool& pool, std::int64_t in_flight)
      : from_(std::move(from)),
        shared_(std::make_shared<Shared>(std::make_shared<const F>(std::move(function)))),
        pool_(pool),
        in_flight_(static_cast<std::size_t>(in_flight)),
        delivered_(data::save(*from_)) {
    require(in_flight >= 1, "a parallel map needs at least one example in flight");
  }
  ~ParallelMap() override { drop(); }

  std::optional<U> next() override {
    while (!ended_ && pending_.size() < in_flight_) draw();
    if (pending_.empty()) return std::nullopt;
    Pending first = std::move(pending_.front());
    pending_.pop_front();
    delivered_ = std::move(first.behind);
    return first.result.get();
  }

  void rewind(std::int64_t epoch) override {
    drop();
    from_->rewind(epoch);
    start();
  }
  void save(Bookmark& bookmark) const override { bookmark.name("map").place(delivered_); }
  void load(BookmarkReader& bookmark) override {
    drop();
    bookmark.name("map");
    from_->load(bookmark);
    start();
  }

 private:
  // What outlives the stream if the pool is busy with others: work that is begun too late finds
  // that it is wanted no more.
  struct Shared {
    explicit Shared(std::shared_ptr<const F> f) : function(std::move(f)) {}

    std::shared_ptr<const F> function;
    std::mutex mutex;
    std::condition_variable idle;
    std::int64_t running = 0;
    bool dropped = false;
  };
  struct Pending {
    std::shared_ptr<std::optional<T>> example;  // until it is begun
    std::future<std::optional<U>> result;
    Bookmark behind;  // where `from_` stands once this example is given
  };

  static std::optional<U> work(Shared& shared, std::optional<T>& waiting) {
    std::optional<T> example;
    {
      const std::lock_guard lock(shared.mutex);
      if (shared.dropped) return std::nullopt;
      ++shared.running;
      example = std::exchange(waiting, std::nullopt);
    }
    struct Finally {
      Shared& shared;
      ~Finally() {
        const std::lock_guard lock(shared.mutex);
        --shared.running;
        shared.idle.notify_all();
      }
    } finally{shared};
    return (*shared.function)(std::move(*example));
  }

  void draw() {
    std::optional<T> example;
    try {
      example = from_->next();
    } catch (...) {  // told when its turn comes
      std::promise<std::optional<U>> failed;
      failed.set_exception(std::current_exception());
      pending_.push_back({nullptr, failed.get_future(), data::save(*from_)});
      return;
    }
    if (!example) {
      ended_ = true;
      return;
    }
    auto waiting = std::make_shared<std::optional<T>>(std::move(example));
    auto result = pool_.submit([shared = shared_, waiting] { return work(*shared, *waiting); });
    pending_.push_back({std::move(waiting), std::move(result), data::save(*from_)});
  }

  // Nothing of ours runs any more once this returns, and the examples are gone.
  void drop() {
    {
      std::unique_lock lock(shared_->mutex);
      shared_->dropped = true;
      shared_->idle.wait(lock, [&] { return shared_->running == 0; });
      for (Pending& pending : pending_) {
        if (pending.example) pending.example->reset();
      }
    }
    pending_.clear();
    shared_ = std::make_shared<Shared>(shared_->function);
  }

  void start() {
    ended_ = false;
    delivered_ = data::save(*from_);
  }

  StreamPtr<T> from_;
  std::shared_ptr<Shared> shared_;
  ThreadPool& pool_;
  std::size_t in_flight_;
  std::deque<Pending> pending_;
  Bookmark delivered_;
  bool ended_ = false;
};

}  // namespace roux::data
