// What every operator owes: a line here each, and the same questions to all of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "data/test_files.h"
#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/base/thread_pool.h"
#include "roux/data/jsonl.h"
#include "roux/data/lines.h"
#include "roux/data/pack.h"
#include "roux/data/pipeline.h"

namespace roux::data {
namespace {

using Number = std::int64_t;

std::string show(Number value) {
  return std::to_string(value);
}
std::string show(const std::vector<Number>& batch) {
  std::string text = "[";
  for (const Number value : batch) text += std::to_string(value) + ' ';
  return text + ']';
}
std::string show(const std::tuple<Number, Number>& pair) {
  return std::to_string(std::get<0>(pair)) + '|' + std::to_string(std::get<1>(pair));
}
std::string show(const PackedBatch& batch) {
  std::string text;
  for (const Number id : batch.ids()) text += std::to_string(id) + ' ';
  text += '/';
  for (const Number target : batch.targets()) text += std::to_string(target) + ' ';
  text += '/';
  for (const Number start : batch.cu_seqlens) text += std::to_string(start) + ' ';
  return text;
}

std::string show(const std::string& text) {
  return text;
}
std::string show(const Line& line) {
  return describe(line.where) + ' ' + line.text;
}

// Examples as text, so that pipelines of any kind can be asked the same; an error counts as one.
template <typename T>
class Shown final : public Stream<std::string> {
 public:
  explicit Shown(StreamPtr<T> from) : from_(std::move(from)) {}

  std::optional<std::string> next() override {
    try {
      auto example = from_->next();
      if (!example) return std::nullopt;
      return show(*example);
    } catch (const std::exception& error) {
      return std::string("error: ") + error.what();
    }
  }
  void rewind(std::int64_t epoch) override { from_->rewind(epoch); }
  void save(Bookmark& bookmark) const override { from_->save(bookmark); }
  void load(BookmarkReader& bookmark) override { from_->load(bookmark); }

 private:
  StreamPtr<T> from_;
};

struct Case {
  std::string name;
  std::function<StreamPtr<std::string>(ThreadPool&)> make;
};

template <typename T>
StreamPtr<std::string> shown(Pipeline<T> pipeline) {
  return std::make_unique<Shown<T>>(std::move(pipeline).stream());
}

RandomStream seed() {
  return RandomStream(7, "contract");
}

Pipeline<Number> numbers(Number end = 50) {
  return read_range(0, end);
}

// Every eleventh is broken.
Pipeline<Number> some_broken() {
  return numbers().map([](Number value) {
    if (value % 11 == 3) throw DataError(cat(value, " is broken"));
    return value;
  });
}

// The same with what a function of the user's may throw.
Pipeline<Number> some_failing() {
  return numbers().map([](Number value) {
    if (value % 11 == 3) throw std::runtime_error(cat(value, " failed"));
    return value;
  });
}

Number squared(Number value) {
  return value * value;
}

// `document` tokens long, and its tokens say which it is.
Document document(Number index) {
  Document text;
  const Number length = 1 + (index * 7) % 13 + (index % 10 == 0 ? 40 : 0);
  for (Number i = 0; i < length; ++i) {
    text.ids.push_back(static_cast<std::int32_t>(index * 100 + i));
    if (index % 3 == 0) text.learned.push_back(i % 2 == 0 ? 1 : 0);
  }
  return text;
}

Pipeline<PackedBatch> packed(Pipeline<Number> from, PackOptions options) {
  return std::move(from).map(document).then<Pack>(options);
}

// Files of lines, some too long and some that are no JSON; one ends in the midst of a line, and the
// last of each kind is damaged. `pack` compresses what they hold.
std::vector<FilePart> line_files(const std::string& kind, std::string (*pack)(std::string_view)) {
  static const TemporaryFolder folder;
  std::string text = "\xef\xbb\xbf";
  for (int i = 0; i < 7; ++i) {
    text += i % 7 == 3 ? "" : cat("{\"text\": \"", std::string(i % 5 == 4 ? 50 : 3, 'x'), i, "\"}");
    text += i % 2 == 0 ? "\n" : "\r\n";
  }
  std::string damaged = pack(text + text);
  if (damaged != text + text) damaged[damaged.size() - 6] ^= 1;
  const std::vector<std::filesystem::path> files{
      folder.path() / (kind + ".a"), folder.path() / (kind + ".b"), folder.path() / (kind + ".c")};
  put_file(files[0], pack(text) + pack(text));
  put_file(files[1], pack(text + "the end"));
  put_file(files[2], pack("one\n") + damaged);
  return cut_files(files, {.part_bytes = 100, .stripes = 3});
}

Pipeline<Line> line_parts(const std::string& kind, std::string (*pack)(std::string_view)) {
  return read_list(line_files(kind, pack)).yield_from([](const FilePart& part) -> StreamPtr<Line> {
    return std::make_unique<ReadLines>(part, LineOptions{.max_line_bytes = 40});
  });
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](std::string name, auto make) {
    all.push_back({std::move(name), [make](ThreadPool& pool) { return shown(make(pool)); }});
  };
  // Each on examples that are whole, and on some that are broken.
  const auto add_both = [&](const std::string& name, auto apply) {
    add(name, [apply](ThreadPool& pool) { return apply(numbers(), pool); });
    add(name + "OfBroken", [apply](ThreadPool& pool) { return apply(some_broken(), pool); });
    add(name + "OfFailing", [apply](ThreadPool& pool) { return apply(some_failing(), pool); });
  };
  using From = Pipeline<Number>;

  add("List", [](ThreadPool&) { return read_list<Number>({3, 1, 4, 1, 5}); });
  add("EmptyList", [](ThreadPool&) { return read_list<Number>({}); });
  add("Range", [](ThreadPool&) { return read_range(3, 20, 4); });
  const auto as_it_is = [](std::string_view text) { return std::string(text); };
  add("PlainLines", [=](ThreadPool&) { return line_parts("plain", as_it_is); });
  add("GzipLines", [](ThreadPool&) { return line_parts("gzip", gzip); });
  add("ZstdLines", [](ThreadPool&) { return line_parts("zstd", zstd); });
  add("EmptyLines", [](ThreadPool&) {
    return Pipeline<Line>(
        open_lines({.file = line_files("zstd", zstd)[0].file, .stripe = 99, .stripes = 100}));
  });
  add("JsonOfShuffledParts", [](ThreadPool& pool) {
    return read_list(line_files("zstd", zstd))
        .shuffle(0, seed())
        .interleave(open_lines, 2)
        .parallel_map(JsonText("text"), pool, 3)
        .shuffle(5, seed());
  });
  add_both("Map", [](From from, ThreadPool&) { return std::move(from).map(squared); });
  add_both("ParallelMap", [](From from, ThreadPool& pool) {
    return std::move(from).parallel_map(squared, pool, 5);
  });
  add_both("Filter", [](From from, ThreadPool&) {
    return std::move(from).filter([](const Number& value) { return value % 3 != 0; });
  });
  add_both("Skip", [](From from, ThreadPool&) { return std::move(from).skip(7); });
  add_both("Take", [](From from, ThreadPool&) { return std::move(from).take(17); });
  add_both("TakeNone", [](From from, ThreadPool&) { return std::move(from).take(0); });
  add_both("Repeat", [](From from, ThreadPool&) { return std::move(from).repeat(3); });
  add_both("RepeatedShuffle", [](From from, ThreadPool&) {
    return std::move(from).shuffle(8, seed()).repeat(2).repeat(2);
  });
  add_both("Shard", [](From from, ThreadPool&) { return std::move(from).shard(1, 4); });
  add_both("UnevenShard", [](From from, ThreadPool&) { return std::move(from).shard(1, 4, true); });
  add_both("Shuffle", [](From from, ThreadPool&) { return std::move(from).shuffle(8, seed()); });
  add_both("ShuffleOfAll",
           [](From from, ThreadPool&) { return std::move(from).shuffle(0, seed()); });
  add_both("Batch", [](From from, ThreadPool&) { return std::move(from).batch(4); });
  add_both("WholeBatches", [](From from, ThreadPool&) { return std::move(from).batch(4, true); });
  add_both("BatchByCost", [](From from, ThreadPool&) {
    return std::move(from).batch_by_cost([](Number value) { return value; }, 60);
  });
  add_both("Bucket", [](From from, ThreadPool&) {
    return std::move(from).bucket_by_length({{5, 2}, {30, 4}, {45, 3}},
                                            [](Number value) { return value; },
                                            {.min_length = 2, .skip_long = true});
  });
  add_both("Prefetch", [](From from, ThreadPool&) { return std::move(from).prefetch(3); });
  add_both("SkipBad", [](From from, ThreadPool&) { return std::move(from).skip_bad({}); });
  add_both("YieldFrom", [](From from, ThreadPool&) {
    return std::move(from).yield_from(
        [](Number value) { return read_range(value, value + value % 4).stream(); });
  });
  add_both("Interleave", [](From from, ThreadPool&) {
    return std::move(from).interleave(
        [](Number value) {
          return read_range(value, value + value % 9).shuffle(3, seed()).stream();
        },
        3);
  });
  add_both("Concat", [](From from, ThreadPool&) {
    return concat(streams_of(numbers(3), std::move(from), numbers(0), some_broken()));
  });
  add_both("RoundRobin", [](From from, ThreadPool&) {
    return round_robin(streams_of(numbers(3), std::move(from), numbers(0)));
  });
  add_both("RoundRobinToShortest", [](From from, ThreadPool&) {
    return round_robin(streams_of(numbers(5), std::move(from)), true);
  });
  add_both("Sample", [](From from, ThreadPool&) {
    return sample(streams_of(numbers(30), std::move(from)), {3.0, 0.5}, seed());
  });
  add_both("Mix", [](From from, ThreadPool&) {
    return mix(streams_of(numbers(30), std::move(from), numbers(0)), {3.0, 0.5, 1.0},
               [](Number value) { return value; });
  });
  add_both("Zip", [](From from, ThreadPool&) { return zip(true, std::move(from), numbers(30)); });
  add("UnevenZip", [](ThreadPool&) { return zip(false, numbers(9), numbers(7)); });
  for (const auto fit : {PackFit::InOrder, PackFit::Best}) {
    const std::string name = fit == PackFit::Best ? "PackBest" : "PackInOrder";
    add_both(name, [fit](From from, ThreadPool&) {
      return packed(std::move(from), {.max_num_tokens = 20, .fit = fit, .choice = 5});
    });
    for (const auto what : {LongDocuments::Split, LongDocuments::Truncate, LongDocuments::Drop}) {
      add_both(cat(name, "Short", static_cast<int>(what)), [fit, what](From from, ThreadPool&) {
        return packed(std::move(from), {.max_num_tokens = 20,
                                        .max_seq_len = 9,
                                        .fit = fit,
                                        .long_documents = what,
                                        .choice = 5,
                                        .drop_remainder = true});
      });
    }
  }
  add_both("AllTogether", [](From from, ThreadPool& pool) {
    return std::move(from)
        .shard(0, 2)
        .shuffle(10, seed())
        .parallel_map([](Number value) { return value + 1; }, pool, 4)
        .interleave([](Number value) { return read_range(value, value + 3).stream(); }, 2)
        .skip_bad({})
        .repeat(2)
        .prefetch(2)
        .batch(3)
        .prefetch(4);
  });
  return all;
}

class Contract : public testing::TestWithParam<Case> {
 protected:
  StreamPtr<std::string> make() { return GetParam().make(pool_); }

  static std::vector<std::string> rest_of(Stream<std::string>& stream) {
    std::vector<std::string> rest;
    while (auto example = stream.next()) rest.push_back(std::move(*example));
    return rest;
  }

 private:
  ThreadPool pool_{{.num_threads = 1}};
};

TEST_P(Contract, GivesTheSameAfterRewinding) {
  const auto stream = make();
  const std::vector<std::string> first = rest_of(*stream);
  EXPECT_EQ(stream->next(), std::nullopt) << "the end must stay the end";
  stream->rewind(0);
  EXPECT_EQ(rest_of(*stream), first);
  for (std::size_t given = 0; given <= first.size(); ++given) {
    stream->rewind(0);
    for (std::size_t i = 0; i < given; ++i) stream->next();
    stream->rewind(0);
    ASSERT_EQ(rest_of(*stream), first) << "rewound after " << given;
  }
}

TEST_P(Contract, GoesOnFromEveryPlace) {
  for (const std::int64_t epoch : {0, 3}) {
    const auto stream = make();
    stream->rewind(epoch);
    std::vector<Bookmark> places{save(*stream)};
    std::vector<std::string> all;
    while (auto example = stream->next()) {
      all.push_back(std::move(*example));
      places.push_back(save(*stream));
    }
    places.push_back(save(*stream));  // of a stream that has ended
    const auto reused = make();
    for (std::size_t given = 0; given < places.size(); ++given) {
      const Bookmark read(places[given].text());
      const std::size_t from = std::min(given, all.size());
      const std::vector<std::string> expected{all.begin() + static_cast<std::ptrdiff_t>(from),
                                              all.end()};
      const auto fresh = make();
      load(*fresh, read);
      EXPECT_EQ(save(*fresh), read) << "what is loaded is what is saved";
      ASSERT_EQ(rest_of(*fresh), expected) << "epoch " << epoch << ", from " << read.text();
      load(*reused, read);
      ASSERT_EQ(rest_of(*reused), expected) << "in a stream that was used, from " << read.text();
    }
  }
}

TEST_P(Contract, GivesTheSameWithEightThreads) {
  ThreadPool eight({.num_threads = 8});
  const auto stream = make();
  const auto other = GetParam().make(eight);
  EXPECT_EQ(rest_of(*other), rest_of(*stream));
}

TEST_P(Contract, RefusesThePlaceOfAnotherPipeline) {
  const auto stream = make();
  const std::string place = save(*stream).text();
  EXPECT_THROW(load(*stream, Bookmark("nowhere 1")), DataError);
  EXPECT_THROW(load(*stream, Bookmark(place + " 5")), DataError);
  EXPECT_THROW(load(*stream, Bookmark(place.substr(0, place.rfind(' ')))), DataError);
  stream->rewind(0);
  EXPECT_EQ(rest_of(*stream), rest_of(*make())) << "a refused place must leave it usable";
}

TEST_P(Contract, MayBeDroppedAnywhere) {
  for (std::size_t given = 0; given < 9; ++given) {
    const auto stream = make();
    for (std::size_t i = 0; i < given; ++i) stream->next();
  }
}

INSTANTIATE_TEST_SUITE_P(Operators, Contract, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

TEST(Zip, StaysInStepBehindABrokenExample) {
  auto stream = zip(false, some_broken(), numbers()).skip_bad({.max_share = 1.0}).stream();
  while (const auto pair = stream->next()) EXPECT_EQ(std::get<0>(*pair), std::get<1>(*pair));
}

TEST(Shard, KeepsItsPartsApartBehindAFailure) {
  std::vector<Number> all;
  for (Number index = 0; index < 3; ++index) {
    const StreamPtr<Number> stream = some_failing().shard(index, 3, true).stream();
    for (bool more = true; more;) {
      try {
        const auto value = stream->next();
        more = value.has_value();
        if (more) all.push_back(*value);
      } catch (const std::runtime_error&) {
      }
    }
  }
  std::sort(all.begin(), all.end());
  std::vector<Number> expected;
  for (Number value = 0; value < 50; ++value) {
    if (value % 11 != 3) expected.push_back(value);
  }
  EXPECT_EQ(all, expected);
}

TEST(Places, ThatLieAreRefusedAtOnce) {
  const StreamPtr<std::vector<Number>> batches = numbers().batch(4).stream();
  EXPECT_THROW(load(*batches, Bookmark("batch 0 1099511627776 1099511627776 range 0")), DataError);
  EXPECT_THROW(load(*batches, Bookmark("batch 0 60 1 0 range 0")), Error);
  const StreamPtr<Number> shuffled = numbers().shuffle(8, seed()).stream();
  EXPECT_THROW(load(*shuffled, Bookmark("shuffle 0 0 9000000000000000000 0 0 range 0")), Error);
}

TEST(ParallelMap, IsDroppedWithoutWaitingForOtherWork) {
  std::promise<void> done;
  auto wait = done.get_future();
  ThreadPool pool({.num_threads = 1});
  pool.submit([&] { wait.wait(); });  // of somebody else
  std::atomic<int> called = 0;
  {
    const StreamPtr<Number> stream =
        numbers()
            .parallel_map([&](Number value) { return ++called, value; }, pool, 5)
            .prefetch(1)
            .stream();
  }
  {
    auto mapped = numbers().parallel_map([&](Number value) { return ++called, value; }, pool, 5);
    const StreamPtr<Number> stream = std::move(mapped).stream();
    stream->rewind(0);
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done.set_value();
    });
    EXPECT_EQ(stream->next(), 0);
    later.join();
  }
  EXPECT_LE(called, 5);
}

}  // namespace
}  // namespace roux::data
