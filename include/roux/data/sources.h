#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// The examples of a list in memory. The list may be shared by streams.
template <typename T>
class ReadList final : public Stream<T> {
 public:
  explicit ReadList(std::shared_ptr<const std::vector<T>> list) : list_(std::move(list)) {}
  explicit ReadList(std::vector<T> list)
      : ReadList(std::make_shared<const std::vector<T>>(std::move(list))) {}

  std::optional<T> next() override {
    if (given_ == size()) return std::nullopt;
    return (*list_)[static_cast<std::size_t>(given_++)];
  }
  void rewind(std::int64_t) override { given_ = 0; }

  void save(Bookmark& bookmark) const override { bookmark.name("list").number(given_); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("list");
    given_ = bookmark.number(0, size());
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(list_->size()); }

  std::shared_ptr<const std::vector<T>> list_;
  std::int64_t given_ = 0;
};

// begin, begin + step, … as long as it is less than `end`.
class ReadRange final : public Stream<std::int64_t> {
 public:
  ReadRange(std::int64_t begin, std::int64_t end, std::int64_t step = 1)
      : begin_(begin), end_(end), step_(step), at_(begin) {
    require(step >= 1, "the step of a range must be at least 1");
  }

  std::optional<std::int64_t> next() override {
    if (at_ >= end_) return std::nullopt;
    return std::exchange(at_, end_ - at_ > step_ ? at_ + step_ : end_);
  }
  void rewind(std::int64_t) override { at_ = begin_; }

  void save(Bookmark& bookmark) const override { bookmark.name("range").number(at_); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("range");
    at_ = bookmark.number();
  }

 private:
  std::int64_t begin_;
  std::int64_t end_;
  std::int64_t step_;
  std::int64_t at_;
};

}  // namespace roux::data
