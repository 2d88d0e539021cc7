#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// Reads up to `depth` examples ahead, on a thread of its own. Each travels with the place behind
// it, so the place can be saved while the thread works on.
template <typename T>
class Prefetch final : public Stream<T> {
 public:
  Prefetch(StreamPtr<T> from, std::int64_t depth)
      : from_(std::move(from)),
        depth_(static_cast<std::size_t>(depth)),
        delivered_(data::save(*from_)) {
    require(depth >= 1, "prefetch needs a depth of at least 1");
  }

  std::optional<T> next() override {
    if (ended_) return std::nullopt;
    if (!reader_.joinable())
      reader_ = std::jthread([this](const std::stop_token& stop) { read(stop); });
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return !ready_.empty(); });
    Ready first = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    room_.notify_one();
    delivered_ = std::move(first.behind);
    if (first.error) std::rethrow_exception(first.error);
    ended_ = !first.example;
    return std::move(first.example);
  }

  void rewind(std::int64_t epoch) override {
    stop();
    from_->rewind(epoch);
    delivered_ = data::save(*from_);
  }
  void save(Bookmark& bookmark) const override { bookmark.name("prefetch").place(delivered_); }
  void load(BookmarkReader& bookmark) override {
    stop();
    bookmark.name("prefetch");
    from_->load(bookmark);
    delivered_ = data::save(*from_);
  }

 private:
  struct Ready {
    std::optional<T> example;  // nullopt: the end, or an error
    std::exception_ptr error;
    Bookmark behind;
  };

  void read(const std::stop_token& stop) {
    for (bool more = true; more;) {
      Ready one;
      try {
        one.example = from_->next();
      } catch (...) {
        one.error = std::current_exception();
      }
      one.behind = data::save(*from_);
      more = one.example || one.error;
      std::unique_lock lock(mutex_);
      if (!room_.wait(lock, stop, [&] { return ready_.size() < depth_; })) return;
      ready_.push_back(std::move(one));
      lock.unlock();
      came_.notify_one();
    }
  }

  void stop() {
    reader_ = {};  // stops and joins
    ready_.clear();
    ended_ = false;
  }

  StreamPtr<T> from_;
  std::size_t depth_;
  Bookmark delivered_;
  bool ended_ = false;
  std::mutex mutex_;
  std::condition_variable came_;
  std::condition_variable_any room_;
  std::deque<Ready> ready_;
  std::jthread reader_;  // last: joined before the rest goes
};

}  // namespace roux::data
