#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/kept.h"
#include "roux/data/stream.h"

namespace roux::data {

// Opens a stream for each example (a file, say) and gives what they give: `cycle` of them are open
// at a time, an example of each in turn. With a cycle of 1 they come one after the other.
//
// open(const T&) -> StreamPtr<U>, the same stream for the same example.
template <typename T, typename F>
class Interleave final
    : public Stream<typename std::invoke_result_t<F&, const T&>::element_type::Example> {
 public:
  using Inner = std::invoke_result_t<F&, const T&>;
  using U = typename Inner::element_type::Example;

  Interleave(StreamPtr<T> from, F open, std::int64_t cycle)
      : from_(std::move(from)), open_(std::move(open)) {
    require(cycle >= 1, "interleave needs at least one open stream");
    slots_.resize(static_cast<std::size_t>(cycle));
  }

  std::optional<U> next() override {
    for (std::size_t empty = 0; empty < slots_.size(); ++empty) {
      std::optional<Open>& slot = slots_[turn_];
      turn_ = (turn_ + 1) % slots_.size();  // also where what follows throws
      while (slot || fill(slot)) {
        if (std::optional<U> example = slot->stream->next()) return example;
        from_.take(slot->number);
        slot.reset();
      }
    }
    return std::nullopt;
  }

  void rewind(std::int64_t epoch) override {
    for (auto& slot : slots_) slot.reset();
    turn_ = 0;
    epoch_ = epoch;
    from_.rewind(epoch);
  }

  void save(Bookmark& bookmark) const override {
    bookmark.name("interleave").number(epoch_).number(static_cast<std::int64_t>(turn_));
    from_.save(bookmark);
    for (const auto& slot : slots_) {
      bookmark.number(slot ? slot->number : kNone);
      if (slot) slot->stream->save(bookmark);
    }
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("interleave");
    epoch_ = bookmark.number();
    turn_ =
        static_cast<std::size_t>(bookmark.number(0, static_cast<std::int64_t>(slots_.size()) - 1));
    from_.load(bookmark);
    for (auto& slot : slots_) {
      slot.reset();
      const std::int64_t number = bookmark.number();
      if (number == kNone) continue;
      if (!from_.contains(number)) {
        throw DataError(
            cat("the saved place in the data reads stream ", number, ", which is over"));
      }
      slot.emplace(Open{number, open_(from_[number])});
      slot->stream->load(bookmark);
    }
  }

 private:
  static constexpr std::int64_t kNone = -1;

  struct Open {
    std::int64_t number;  // of its example, in `from_`
    Inner stream;
  };

  bool fill(std::optional<Open>& slot) {
    const auto number = from_.draw();
    if (!number) return false;
    try {
      slot.emplace(Open{*number, open_(from_[*number])});
      slot->stream->rewind(epoch_);
    } catch (...) {
      slot.reset();
      from_.take(*number);
      throw;
    }
    return true;
  }

  Kept<T> from_;
  F open_;
  std::vector<std::optional<Open>> slots_;
  std::size_t turn_ = 0;
  std::int64_t epoch_ = 0;
};

}  // namespace roux::data
