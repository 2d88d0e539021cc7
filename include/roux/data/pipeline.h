#pragma once

#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "roux/data/batch.h"
#include "roux/data/bucket.h"
#include "roux/data/combine.h"
#include "roux/data/filter.h"
#include "roux/data/flatten.h"
#include "roux/data/limit.h"
#include "roux/data/map.h"
#include "roux/data/prefetch.h"
#include "roux/data/repeat.h"
#include "roux/data/shard.h"
#include "roux/data/shuffle.h"
#include "roux/data/skip_bad.h"
#include "roux/data/sources.h"
#include "roux/data/stream.h"
#include "roux/data/zip.h"

namespace roux::data {

// A stream while it is being put together. Every step takes the one before it:
//
//   StreamPtr<Document> documents = read_list(files)
//                                       .yield_from(open_lines)
//                                       .parallel_map(parse, pool, 16)
//                                       .shuffle(10'000, random)
//                                       .stream();
//
// The classes behind the steps say what each does; one that is not here goes in by then().
template <typename T>
class Pipeline {
 public:
  explicit Pipeline(StreamPtr<T> stream) : stream_(std::move(stream)) {}
  StreamPtr<T> stream() && { return std::move(stream_); }

  // A stream of one's own: its constructor takes StreamPtr<T>, then `args`.
  template <typename S, typename... Args>
  Pipeline<typename S::Example> then(Args&&... args) && {
    return Pipeline<typename S::Example>(
        std::make_unique<S>(std::move(stream_), std::forward<Args>(args)...));
  }

  template <typename F>
  auto map(F function) && {
    return std::move(*this).template then<Map<T, F>>(std::move(function));
  }
  template <typename F>
  auto parallel_map(F function, ThreadPool& pool, std::int64_t in_flight) && {
    return std::move(*this).template then<ParallelMap<T, F>>(std::move(function), pool, in_flight);
  }
  template <typename F>
  Pipeline filter(F keep) && {
    return std::move(*this).template then<Filter<T, F>>(std::move(keep));
  }
  template <typename F>
  auto interleave(F open, std::int64_t cycle) && {
    return std::move(*this).template then<Interleave<T, F>>(std::move(open), cycle);
  }
  template <typename F>
  auto yield_from(F open) && {
    return std::move(*this).interleave(std::move(open), 1);
  }
  Pipeline shard(std::int64_t index, std::int64_t count, bool allow_uneven = false) && {
    return std::move(*this).template then<Shard<T>>(index, count, allow_uneven);
  }
  Pipeline shuffle(std::int64_t window, RandomStream random) && {
    return std::move(*this).template then<Shuffle<T>>(window, random);
  }
  Pipeline skip(std::int64_t count) && { return std::move(*this).template then<Skip<T>>(count); }
  Pipeline take(std::int64_t count) && { return std::move(*this).template then<Take<T>>(count); }
  // Without a count: for ever.
  Pipeline repeat(std::optional<std::int64_t> epochs = std::nullopt) && {
    return std::move(*this).template then<Repeat<T>>(epochs);
  }
  auto batch(std::int64_t size, bool drop_remainder = false) && {
    return std::move(*this).template then<Batch<T>>(size, drop_remainder);
  }
  template <typename F>
  auto batch_by_cost(F cost, std::int64_t threshold, bool drop_remainder = false) && {
    return std::move(*this).template then<BatchByCost<T, F>>(std::move(cost), threshold,
                                                             drop_remainder);
  }
  template <typename F>
  auto bucket_by_length(std::vector<Bucket> buckets, F length, BucketOptions options = {}) && {
    return std::move(*this).template then<BucketByLength<T, F>>(std::move(buckets),
                                                                std::move(length), options);
  }
  Pipeline prefetch(std::int64_t depth) && {
    return std::move(*this).template then<Prefetch<T>>(depth);
  }
  Pipeline skip_bad(BadExamples options) && {
    return std::move(*this).template then<SkipBad<T>>(std::move(options));
  }

 private:
  StreamPtr<T> stream_;
};

template <typename T>
Pipeline<T> read_list(std::vector<T> list) {
  return Pipeline<T>(std::make_unique<ReadList<T>>(std::move(list)));
}
inline Pipeline<std::int64_t> read_range(std::int64_t begin, std::int64_t end,
                                         std::int64_t step = 1) {
  return Pipeline<std::int64_t>(std::make_unique<ReadRange>(begin, end, step));
}

// Streams of one kind, for the four that follow: streams_of(std::move(a), std::move(b)).
template <typename T, typename... More>
std::vector<StreamPtr<T>> streams_of(Pipeline<T> first, More... more) {
  std::vector<StreamPtr<T>> streams;
  streams.push_back(std::move(first).stream());
  (streams.push_back(std::move(more).stream()), ...);
  return streams;
}
template <typename T>
Pipeline<T> concat(std::vector<StreamPtr<T>> streams) {
  return Pipeline<T>(std::make_unique<Concat<T>>(std::move(streams)));
}
template <typename T>
Pipeline<T> round_robin(std::vector<StreamPtr<T>> streams, bool stop_at_shortest = false) {
  return Pipeline<T>(std::make_unique<RoundRobin<T>>(std::move(streams), stop_at_shortest));
}
template <typename T>
Pipeline<T> sample(std::vector<StreamPtr<T>> streams, std::vector<double> weights,
                   RandomStream random) {
  return Pipeline<T>(std::make_unique<Sample<T>>(std::move(streams), std::move(weights), random));
}
template <typename T, typename F>
Pipeline<T> mix(std::vector<StreamPtr<T>> streams, std::vector<double> weights, F cost) {
  return Pipeline<T>(
      std::make_unique<Mix<T, F>>(std::move(streams), std::move(weights), std::move(cost)));
}
template <typename... Ts>
Pipeline<std::tuple<Ts...>> zip(bool to_shortest, Pipeline<Ts>... streams) {
  return Pipeline<std::tuple<Ts...>>(
      std::make_unique<Zip<Ts...>>(to_shortest, std::move(streams).stream()...));
}

}  // namespace roux::data
