#pragma once

#include <atomic>
#include <deque>
#include <future>
#include <memory>
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
// stream. Not for work that itself runs on the pool, which would wait for itself.
template <typename T, typename F>
class ParallelMap final : public Stream<std::invoke_result_t<const F&, T>> {
 public:
  using U = std::invoke_result_t<const F&, T>;

  // Requires: `pool` lives as long.
  ParallelMap(StreamPtr<T> from, F function, ThreadPool& pool, std::int64_t in_flight)
      : from_(std::move(from)),
        shared_(std::make_shared<Shared>(std::move(function))),
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
  struct Shared {
    explicit Shared(F f) : function(std::move(f)) {}
    const F function;
    std::atomic<bool> dropped = false;
  };
  struct Pending {
    std::future<std::optional<U>> result;
    Bookmark behind;  // where `from_` stands once this example is given
  };

  void draw() {
    std::optional<T> example;
    try {
      example = from_->next();
    } catch (...) {  // told when its turn comes
      std::promise<std::optional<U>> failed;
      failed.set_exception(std::current_exception());
      pending_.push_back({failed.get_future(), data::save(*from_)});
      return;
    }
    if (!example) {
      ended_ = true;
      return;
    }
    auto work = [shared = shared_, example = std::move(*example)]() mutable -> std::optional<U> {
      if (shared->dropped) return std::nullopt;
      return shared->function(std::move(example));
    };
    pending_.push_back({pool_.submit(std::move(work)), data::save(*from_)});
  }

  // Nothing of ours runs any more once this returns.
  void drop() {
    shared_->dropped = true;
    for (Pending& pending : pending_) pending.result.wait();
    pending_.clear();
    shared_->dropped = false;
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
