#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/data/stream.h"

namespace roux::data {

// In random order, a window of examples at a time: each window is read whole and given in an order
// of its own, so that its place is a place to read from again and a count. A window of 0 holds
// everything there is.
template <typename T>
class Shuffle final : public Stream<T> {
 public:
  Shuffle(StreamPtr<T> from, std::int64_t window, RandomStream random)
      : from_(std::move(from)), window_(window), random_(random), start_(data::save(*from_)) {
    require(window >= 0, "a window must hold at least 0 examples");
  }

  std::optional<T> next() override {
    if (given_ == size()) {
      if (full_) begin_window(number_ + 1);
      while (window_ == 0 || static_cast<std::int64_t>(examples_.size()) < window_) {
        if (!draw()) break;
      }
      mix();
      if (examples_.empty()) return std::nullopt;
    }
    return std::move(examples_[static_cast<std::size_t>(given_++)]);
  }

  void rewind(std::int64_t epoch) override {
    from_->rewind(epoch);
    epoch_ = epoch;
    begin_window(0);
  }

  void save(Bookmark& bookmark) const override {
    bookmark.name("shuffle").number(epoch_).number(number_).number(drawn_);
    bookmark.number(full_ ? 1 : 0).number(given_).place(start_);
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("shuffle");
    epoch_ = bookmark.number();
    const std::int64_t window = bookmark.number();
    const std::int64_t drawn = bookmark.number();
    const bool full = bookmark.number(0, 1) == 1;
    const std::int64_t given = bookmark.number(0, drawn);
    from_->load(bookmark);
    begin_window(window);
    std::string last_error;
    while (drawn_ < drawn) {
      try {
        if (!draw() && drawn_ < drawn) drawn_ = kGone;
      } catch (const std::exception& error) {  // told when it was drawn first
        last_error = error.what();
      }
    }
    if (full && drawn_ != kGone) mix();
    if (drawn_ == kGone || given > size()) {
      throw Error(cat("what a saved place in the data refers to is not there any more",
                      last_error.empty() ? "" : ": ", last_error));
    }
    given_ = given;
  }

 private:
  std::int64_t size() const { return full_ ? static_cast<std::int64_t>(examples_.size()) : 0; }

  void begin_window(std::int64_t number) {
    examples_.clear();
    full_ = false;
    drawn_ = 0;
    number_ = number;
    given_ = 0;
    start_ = data::save(*from_);
  }

  // How often was drawn from a stream that has ended too early.
  static constexpr std::int64_t kGone = std::numeric_limits<std::int64_t>::max();

  bool draw() {
    ++drawn_;
    std::optional<T> example = from_->next();
    if (example) examples_.push_back(std::move(*example));
    return example.has_value();
  }

  void mix() {
    full_ = true;
    RandomStream random = random_.child(static_cast<std::uint64_t>(epoch_))
                              .child(static_cast<std::uint64_t>(number_));
    for (std::size_t left = examples_.size(); left > 1; --left) {
      std::swap(examples_[left - 1], examples_[random.uniform_int(left)]);
    }
  }

  StreamPtr<T> from_;
  std::int64_t window_;
  RandomStream random_;
  std::int64_t epoch_ = 0;
  std::int64_t number_ = 0;  // of the window, in its epoch
  Bookmark start_;           // of the window
  std::vector<T> examples_;
  std::int64_t drawn_ = 0;  // into the window, broken ones and the end included
  bool full_ = false;
  std::int64_t given_ = 0;
};

}  // namespace roux::data
