#pragma once

#include <exception>
#include <utility>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// Part `index` of `count`: one example in `count`. Without `allow_uneven` all parts have the same
// number of examples; what is left at the end is left out.
template <typename T>
class Shard final : public Stream<T> {
 public:
  Shard(StreamPtr<T> from, std::int64_t index, std::int64_t count, bool allow_uneven = false)
      : from_(std::move(from)), index_(index), count_(count), allow_uneven_(allow_uneven) {
    require(0 <= index && index < count, "a shard's index must be less than their count");
  }

  std::optional<T> next() override {
    if (!pass(std::exchange(left_, 0) + index_)) return std::nullopt;
    left_ = count_ - 1 - index_;
    std::optional<T> example = from_->next();
    if (!example) left_ = 0;
    if (example && !allow_uneven_ && !pass(std::exchange(left_, 0))) return std::nullopt;
    return example;
  }
  void rewind(std::int64_t epoch) override {
    left_ = 0;
    from_->rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_->save(bookmark.name("shard").number(left_));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("shard");
    left_ = bookmark.number(0, count_ - 1);
    from_->load(bookmark);
  }

 private:
  // Examples of other parts. A broken one is theirs to complain of, and counts all the same, or
  // the parts would fall out of step.
  bool pass(std::int64_t count) {
    for (; count > 0; --count) {
      try {
        if (!from_->next()) return false;
      } catch (const std::exception&) {
      }
    }
    return true;
  }

  StreamPtr<T> from_;
  std::int64_t index_;
  std::int64_t count_;
  bool allow_uneven_;
  std::int64_t left_ = 0;  // of the last round, examples of other parts still to come
};

}  // namespace roux::data
