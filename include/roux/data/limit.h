#pragma once

#include <utility>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// Without the first `count` examples.
template <typename T>
class Skip final : public Stream<T> {
 public:
  Skip(StreamPtr<T> from, std::int64_t count) : from_(std::move(from)), count_(count) {
    require(count >= 0, "skip needs a count of at least 0");
  }

  std::optional<T> next() override {
    for (; skipped_ < count_; ++skipped_) {
      if (!from_->next()) return std::nullopt;
    }
    return from_->next();
  }
  void rewind(std::int64_t epoch) override {
    skipped_ = 0;
    from_->rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_->save(bookmark.name("skip").number(skipped_));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("skip");
    skipped_ = bookmark.number(0, count_);
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  std::int64_t count_;
  std::int64_t skipped_ = 0;
};

// The first `count` examples.
template <typename T>
class Take final : public Stream<T> {
 public:
  Take(StreamPtr<T> from, std::int64_t count) : from_(std::move(from)), count_(count) {
    require(count >= 0, "take needs a count of at least 0");
  }

  std::optional<T> next() override {
    if (taken_ == count_) return std::nullopt;
    std::optional<T> example = from_->next();
    if (example) ++taken_;
    return example;
  }
  void rewind(std::int64_t epoch) override {
    taken_ = 0;
    from_->rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_->save(bookmark.name("take").number(taken_));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("take");
    taken_ = bookmark.number(0, count_);
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  std::int64_t count_;
  std::int64_t taken_ = 0;
};

}  // namespace roux::data
