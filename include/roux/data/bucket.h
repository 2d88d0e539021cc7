#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/data/kept.h"
#include "roux/data/stream.h"

namespace roux::data {

struct Bucket {
  std::int64_t max_length = 0;
  std::int64_t batch_size = 0;
};

struct BucketOptions {
  std::int64_t min_length = 0;
  bool skip_short = false;  // what is shorter than min_length; else it is an error
  bool skip_long = false;   // what is longer than every bucket; else it is an error
  bool drop_remainder = false;
};

// Examples of like length together, so that little is padded: each goes to the shortest bucket
// that takes it, and a bucket with `batch_size` of them is given. At the end come those that are
// not full. `length(example)` does not throw.
template <typename T, typename F>
class BucketByLength final : public Stream<std::vector<T>> {
 public:
  BucketByLength(StreamPtr<T> from, std::vector<Bucket> buckets, F length,
                 BucketOptions options = {})
      : from_(std::move(from)),
        buckets_(std::move(buckets)),
        length_(std::move(length)),
        options_(options),
        waiting_(buckets_.size()) {
    require(!buckets_.empty(), "examples need a bucket to go to");
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      require(buckets_[i].batch_size >= 1, "a bucket must hold at least one example");
      require(i == 0 || buckets_[i - 1].max_length < buckets_[i].max_length,
              "buckets must be in the order of their lengths");
    }
  }

  std::optional<std::vector<T>> next() override {
    while (const auto number = from_.draw()) {
      std::vector<std::int64_t>* bucket = put(*number);
      if (bucket != nullptr && full(*bucket)) return take(*bucket);
    }
    if (options_.drop_remainder) return std::nullopt;
    for (std::vector<std::int64_t>& bucket : waiting_) {
      if (!bucket.empty()) return take(bucket);
    }
    return std::nullopt;
  }

  void rewind(std::int64_t epoch) override {
    from_.rewind(epoch);
    sort_in();
  }
  void save(Bookmark& bookmark) const override { from_.save(bookmark.name("bucket")); }
  void load(BookmarkReader& bookmark) override {
    bookmark.name("bucket");
    from_.load(bookmark);
    sort_in();
  }

 private:
  // The bucket that took the example; nullptr where it was left out.
  std::vector<std::int64_t>* put(std::int64_t number) {
    const std::int64_t length = length_(from_[number]);
    const auto bucket = std::find_if(buckets_.begin(), buckets_.end(),
                                     [&](const Bucket& one) { return length <= one.max_length; });
    const bool is_short = length < options_.min_length;
    if (is_short || bucket == buckets_.end()) {
      from_.take(number);
      if (is_short ? options_.skip_short : options_.skip_long) return nullptr;
      throw DataError(cat("an example has length ", length, ", but the buckets take lengths from ",
                          options_.min_length, " to ", buckets_.back().max_length));
    }
    std::vector<std::int64_t>& waiting =
        waiting_[static_cast<std::size_t>(bucket - buckets_.begin())];
    waiting.push_back(number);
    return &waiting;
  }

  bool full(const std::vector<std::int64_t>& waiting) const {
    const auto bucket = static_cast<std::size_t>(&waiting - waiting_.data());
    return static_cast<std::int64_t>(waiting.size()) == buckets_[bucket].batch_size;
  }

  std::vector<T> take(std::vector<std::int64_t>& waiting) {
    std::vector<T> batch;
    batch.reserve(waiting.size());
    for (const std::int64_t number : waiting) batch.push_back(from_.take(number));
    waiting.clear();
    return batch;
  }

  void sort_in() {
    for (std::vector<std::int64_t>& waiting : waiting_) waiting.clear();
    for (const std::int64_t number : from_.numbers()) put(number);
  }

  Kept<T> from_;
  std::vector<Bucket> buckets_;
  F length_;
  BucketOptions options_;
  std::vector<std::vector<std::int64_t>> waiting_;  // for each bucket, numbers of `from_`
};

}  // namespace roux::data
