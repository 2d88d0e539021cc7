#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/kept.h"
#include "roux/data/stream.h"

namespace roux::data {

// `size` examples at a time. The last batch may hold fewer; `drop_remainder` leaves it out.
template <typename T>
class Batch final : public Stream<std::vector<T>> {
 public:
  Batch(StreamPtr<T> from, std::int64_t size, bool drop_remainder = false)
      : from_(std::move(from)), size_(size), drop_remainder_(drop_remainder) {
    require(size >= 1, "a batch must hold at least one example");
  }

  std::optional<std::vector<T>> next() override {
    while (from_.size() < size_ && from_.draw()) {
    }
    if (from_.empty() || (drop_remainder_ && from_.size() < size_)) return std::nullopt;
    return from_.take_before(from_.drawn());
  }
  void rewind(std::int64_t epoch) override { from_.rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_.save(bookmark.name("batch")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("batch");
    from_.load(bookmark);
  }

 private:
  Kept<T> from_;
  std::int64_t size_;
  bool drop_remainder_;
};

// As many examples at a time as cost at most `threshold` together, in their order; one that costs
// more is a batch of its own. `cost(example)` gives at least 0 and does not throw.
template <typename T, typename F>
class BatchByCost final : public Stream<std::vector<T>> {
 public:
  BatchByCost(StreamPtr<T> from, F cost, std::int64_t threshold, bool drop_remainder = false)
      : from_(std::move(from)),
        cost_(std::move(cost)),
        threshold_(threshold),
        drop_remainder_(drop_remainder) {
    require(threshold >= 1, "the threshold of a batch's cost must be at least 1");
  }

  std::optional<std::vector<T>> next() override {
    std::int64_t total = 0;
    for (const std::int64_t number : from_.numbers()) total += cost_(from_[number]);
    while (const auto number = from_.draw()) {
      total += cost_(from_[*number]);
      if (total > threshold_ && from_.size() > 1) return from_.take_before(*number);
    }
    std::vector<T> rest = from_.take_before(from_.drawn());
    if (rest.empty() || drop_remainder_) return std::nullopt;
    return rest;
  }
  void rewind(std::int64_t epoch) override { from_.rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_.save(bookmark.name("batch_by_cost")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("batch_by_cost");
    from_.load(bookmark);
  }

 private:
  Kept<T> from_;
  F cost_;
  std::int64_t threshold_;
  bool drop_remainder_;
};

}  // namespace roux::data
