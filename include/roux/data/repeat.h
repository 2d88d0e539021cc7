#pragma once

#include <limits>
#include <utility>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// Epoch after epoch, `epochs` of them or without end. Each has its own random order, if the stream
// below has any. An epoch without examples is the last one.
template <typename T>
class Repeat final : public Stream<T> {
 public:
  Repeat(StreamPtr<T> from, std::optional<std::int64_t> epochs)
      : from_(std::move(from)), epochs_(epochs) {
    require(!epochs || *epochs >= 0, "repeat needs a count of at least 0");
  }

  std::optional<T> next() override {
    while (!epochs_ || done_ < *epochs_) {
      if (std::optional<T> example = from_->next()) {
        empty_ = false;
        return example;
      }
      if (std::exchange(empty_, true)) return std::nullopt;
      ++done_;
      if (!epochs_ || done_ < *epochs_) from_->rewind(first_ + done_);
    }
    return std::nullopt;
  }

  // The epochs of a repetition follow those of the one before it.
  void rewind(std::int64_t epoch) override {
    first_ = epoch * epochs_.value_or(1);
    done_ = 0;
    empty_ = true;
    from_->rewind(first_);
  }
  void save(Bookmark& bookmark) const override {
    from_->save(bookmark.name("repeat").number(first_).number(done_).number(empty_ ? 1 : 0));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("repeat");
    first_ = bookmark.number();
    done_ = bookmark.number(0, epochs_.value_or(std::numeric_limits<std::int64_t>::max()));
    empty_ = bookmark.number(0, 1) == 1;
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  std::optional<std::int64_t> epochs_;
  std::int64_t first_ = 0;  // the epoch, as those below count, that the repetition began with
  std::int64_t done_ = 0;
  bool empty_ = true;  // whether this epoch has given nothing yet
};

}  // namespace roux::data
