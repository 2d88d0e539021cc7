#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/stream.h"

namespace roux::data {

// Examples that an operator keeps back, in the order in which they were drawn, and how they are
// found again without being saved: a bookmark holds the place of the oldest of them, and which of
// the examples from there on were still kept. load() draws them again.
template <typename T>
class Kept {
 public:
  explicit Kept(StreamPtr<T> from) : from_(std::move(from)), behind_(data::save(*from_)) {}

  // Draws one example more and returns its number; nullopt at the end. Numbers grow by one, also
  // where an example is broken and this throws.
  std::optional<std::int64_t> draw() {
    std::optional<T> example;
    try {
      example = from_->next();
    } catch (...) {
      behind_ = data::save(*from_);
      ++next_;
      throw;
    }
    if (!example) return std::nullopt;
    examples_.emplace(next_, One{std::move(*example), std::exchange(behind_, data::save(*from_))});
    return next_++;
  }

  const T& operator[](std::int64_t number) const { return examples_.at(number).example; }
  T take(std::int64_t number) { return std::move(examples_.extract(number).mapped().example); }

  // Those with a number less than `end`, in order.
  std::vector<T> take_before(std::int64_t end) {
    std::vector<T> taken;
    while (!empty() && oldest() < end) taken.push_back(take(oldest()));
    return taken;
  }

  bool contains(std::int64_t number) const { return examples_.count(number) == 1; }
  bool empty() const { return examples_.empty(); }
  std::int64_t size() const { return static_cast<std::int64_t>(examples_.size()); }
  std::int64_t oldest() const { return examples_.begin()->first; }
  std::int64_t drawn() const { return next_; }

  // Of all that are kept, in order.
  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> numbers;
    numbers.reserve(examples_.size());
    for (const auto& [number, one] : examples_) numbers.push_back(number);
    return numbers;
  }

  void rewind(std::int64_t epoch) {
    examples_.clear();
    next_ = 0;
    from_->rewind(epoch);
    behind_ = data::save(*from_);
  }

  void save(Bookmark& bookmark) const {
    const std::int64_t first = empty() ? next_ : oldest();
    bookmark.number(first).number(next_ - first).number(size());
    for (const auto& [number, one] : examples_) bookmark.number(number - first);
    bookmark.place(empty() ? behind_ : examples_.begin()->second.before);
  }

  void load(BookmarkReader& bookmark) {
    examples_.clear();
    next_ = bookmark.number();
    const std::int64_t drawn = bookmark.number(0, kMost);
    std::vector<std::int64_t> kept;  // each has a word of its own, so a lying count costs nothing
    for (std::int64_t left = bookmark.number(0, drawn); left > 0; --left) {
      kept.push_back(bookmark.number(kept.empty() ? 0 : kept.back() + 1, drawn - 1));
    }
    from_->load(bookmark);
    behind_ = data::save(*from_);
    const std::int64_t first = next_;
    std::string last_error;
    while (next_ < first + drawn) {
      try {
        const auto number = draw();
        if (!number) break;
        if (!std::binary_search(kept.begin(), kept.end(), *number - first)) take(*number);
      } catch (const std::exception& error) {  // told when it was drawn first
        last_error = error.what();
      }
    }
    if (next_ < first + drawn || size() != static_cast<std::int64_t>(kept.size())) {
      throw Error(cat("what a saved place in the data refers to is not there any more",
                      last_error.empty() ? "" : ": ", last_error));
    }
  }

 private:
  struct One {
    T example;
    Bookmark before;
  };

  static constexpr std::int64_t kMost = std::int64_t{1} << 40;

  StreamPtr<T> from_;
  std::map<std::int64_t, One> examples_;
  Bookmark behind_;  // where `from_` stands
  std::int64_t next_ = 0;
};

}  // namespace roux::data
