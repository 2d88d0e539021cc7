#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/random.h"
#include "roux/data/stream.h"

namespace roux::data {

// The streams of one kind that a combination draws from.
template <typename T>
class Sources {
 public:
  explicit Sources(std::vector<StreamPtr<T>> streams)
      : streams_(std::move(streams)), ended_(streams_.size()) {}

  std::size_t size() const { return streams_.size(); }
  bool ended(std::size_t index) const { return ended_[index]; }
  bool all_ended() const { return std::find(ended_.begin(), ended_.end(), false) == ended_.end(); }

  std::optional<T> next(std::size_t index) {
    std::optional<T> example;
    if (!ended_[index]) example = streams_[index]->next();
    if (!example) ended_[index] = true;
    return example;
  }

  void rewind(std::int64_t epoch) {
    for (auto& stream : streams_) stream->rewind(epoch);
    std::fill(ended_.begin(), ended_.end(), false);
  }
  void save(Bookmark& bookmark) const {
    bookmark.number(static_cast<std::int64_t>(size()));
    for (std::size_t i = 0; i < size(); ++i) {
      bookmark.number(ended_[i] ? 1 : 0);
      streams_[i]->save(bookmark);
    }
  }
  void load(BookmarkReader& bookmark) {
    const auto count = static_cast<std::int64_t>(size());
    bookmark.number(count, count);
    for (std::size_t i = 0; i < size(); ++i) {
      ended_[i] = bookmark.number(0, 1) == 1;
      streams_[i]->load(bookmark);
    }
  }

 private:
  std::vector<StreamPtr<T>> streams_;
  std::vector<bool> ended_;
};

// One stream after the other.
template <typename T>
class Concat final : public Stream<T> {
 public:
  explicit Concat(std::vector<StreamPtr<T>> streams) : from_(std::move(streams)) {}

  std::optional<T> next() override {
    for (std::size_t i = 0; i < from_.size(); ++i) {
      if (std::optional<T> example = from_.next(i)) return example;
    }
    return std::nullopt;
  }
  void rewind(std::int64_t epoch) override { from_.rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_.save(bookmark.name("concat")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("concat");
    from_.load(bookmark);
  }

 private:
  Sources<T> from_;
};

// An example of each in turn; a stream that has ended is passed over, or ends them all.
template <typename T>
class RoundRobin final : public Stream<T> {
 public:
  explicit RoundRobin(std::vector<StreamPtr<T>> streams, bool stop_at_shortest = false)
      : from_(std::move(streams)), stop_at_shortest_(stop_at_shortest) {}

  std::optional<T> next() override {
    while (!from_.all_ended()) {
      const std::size_t turn = std::exchange(turn_, (turn_ + 1) % from_.size());
      if (std::optional<T> example = from_.next(turn)) return example;
      if (stop_at_shortest_) {
        turn_ = turn;
        return std::nullopt;
      }
    }
    return std::nullopt;
  }
  void rewind(std::int64_t epoch) override {
    turn_ = 0;
    from_.rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_.save(bookmark.name("round_robin").number(static_cast<std::int64_t>(turn_)));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("round_robin");
    turn_ = static_cast<std::size_t>(
        bookmark.number(0, std::max<std::int64_t>(static_cast<std::int64_t>(from_.size()) - 1, 0)));
    from_.load(bookmark);
  }

 private:
  Sources<T> from_;
  bool stop_at_shortest_;
  std::size_t turn_ = 0;
};

// Each example from a stream drawn by weight. A stream that ends takes its weight with it.
template <typename T>
class Sample final : public Stream<T> {
 public:
  Sample(std::vector<StreamPtr<T>> streams, std::vector<double> weights, RandomStream random)
      : from_(std::move(streams)), weights_(std::move(weights)), random_(random) {
    require(weights_.size() == from_.size(), "each stream needs a weight");
    for (const double weight : weights_) {
      require(weight > 0.0 && std::isfinite(weight), "a weight must be a number above 0");
    }
  }

  std::optional<T> next() override {
    while (!from_.all_ended()) {
      if (std::optional<T> example = from_.next(draw())) return example;
    }
    return std::nullopt;
  }
  void rewind(std::int64_t epoch) override {
    epoch_ = epoch;
    drawn_ = 0;
    from_.rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    from_.save(bookmark.name("sample").number(epoch_).number(drawn_));
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("sample");
    epoch_ = bookmark.number();
    drawn_ = bookmark.number();
    from_.load(bookmark);
  }

 private:
  // One that has not ended. Requires: there is one.
  std::size_t draw() {
    double total = 0.0;
    for (std::size_t i = 0; i < weights_.size(); ++i) total += from_.ended(i) ? 0.0 : weights_[i];
    double at = total * random_.child(static_cast<std::uint64_t>(epoch_))
                            .uniform(static_cast<std::uint64_t>(drawn_++));
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (from_.ended(i)) continue;
      last = i;
      at -= weights_[i];
      if (at < 0.0) break;
    }
    return last;
  }

  Sources<T> from_;
  std::vector<double> weights_;
  RandomStream random_;
  std::int64_t epoch_ = 0;
  std::int64_t drawn_ = 0;
};

// Each example from the stream that is furthest behind its share of the whole, counted in what
// examples cost: with tokens as the cost, weights are shares of the tokens, however long the
// documents of each stream are. `cost(example)` gives at least 0 and does not throw.
template <typename T, typename F>
class Mix final : public Stream<T> {
 public:
  Mix(std::vector<StreamPtr<T>> streams, std::vector<double> weights, F cost)
      : from_(std::move(streams)),
        weights_(std::move(weights)),
        cost_(std::move(cost)),
        given_(from_.size()) {
    require(weights_.size() == from_.size(), "each stream needs a weight");
    for (const double weight : weights_) {
      require(weight > 0.0 && std::isfinite(weight), "a weight must be a number above 0");
    }
  }

  std::optional<T> next() override {
    while (!from_.all_ended()) {
      const std::size_t behind = furthest_behind();
      if (std::optional<T> example = from_.next(behind)) {
        given_[behind] += cost_(std::as_const(*example));
        return example;
      }
    }
    return std::nullopt;
  }
  void rewind(std::int64_t epoch) override {
    std::fill(given_.begin(), given_.end(), 0);
    from_.rewind(epoch);
  }
  void save(Bookmark& bookmark) const override {
    bookmark.name("mix");
    for (const std::int64_t cost : given_) bookmark.number(cost);
    from_.save(bookmark);
  }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("mix");
    for (std::int64_t& cost : given_) cost = bookmark.number();
    from_.load(bookmark);
  }

 private:
  // Requires: one has not ended.
  std::size_t furthest_behind() const {
    std::size_t behind = from_.size();
    double least = 0.0;
    for (std::size_t i = 0; i < from_.size(); ++i) {
      if (from_.ended(i)) continue;
      const double share = static_cast<double>(given_[i]) / weights_[i];
      if (behind == from_.size() || share < least) {
        behind = i;
        least = share;
      }
    }
    return behind;
  }

  Sources<T> from_;
  std::vector<double> weights_;
  F cost_;
  std::vector<std::int64_t> given_;  // by each stream, in cost
};

}  // namespace roux::data
