#pragma once

#include <utility>

#include "roux/data/stream.h"

namespace roux::data {

// The examples for which `keep` is true.
template <typename T, typename F>
class Filter final : public Stream<T> {
 public:
  Filter(StreamPtr<T> from, F keep) : from_(std::move(from)), keep_(std::move(keep)) {}

  std::optional<T> next() override {
    for (;;) {
      std::optional<T> example = from_->next();
      if (!example || keep_(std::as_const(*example))) return example;
    }
  }
  void rewind(std::int64_t epoch) override { from_->rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_->save(bookmark.name("filter")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("filter");
    from_->load(bookmark);
  }

 private:
  StreamPtr<T> from_;
  F keep_;
};

}  // namespace roux::data
