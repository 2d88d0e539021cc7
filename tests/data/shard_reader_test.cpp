#include "roux/data/shard_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <thread>

#include "roux/data/pipeline.h"

namespace roux::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
using Number = std::int64_t;
using Steps = std::vector<std::multiset<Number>>;  // of all ranks together

constexpr Number kShards = 8;
constexpr Number kBatchesPerStep = 8;

// Shard 3 holds 300, 301, …, in a random order; one in five is left out.
StreamPtr<Number> open_shard(Number shard) {
  return read_range(shard * 100, shard * 100 + 10 + shard)
      .filter([](const Number& value) { return value % 5 != 2; })
      .shuffle(4, RandomStream(1, "test").child(static_cast<std::uint64_t>(shard)))
      .stream();
}

std::multiset<Number> everything() {
  std::multiset<Number> all;
  for (Number shard = 0; shard < kShards; ++shard) {
    const StreamPtr<Number> stream = open_shard(shard);
    while (const auto value = stream->next()) all.insert(*value);
  }
  return all;
}

std::multiset<Number> together(const Steps& steps) {
  std::multiset<Number> all;
  for (const auto& step : steps) all.insert(step.begin(), step.end());
  return all;
}

// All the ranks of a run, in one process.
class Ranks {
 public:
  explicit Ranks(Number ranks, Number batches_per_step = kBatchesPerStep) {
    for (Number rank = 0; rank < ranks; ++rank) {
      const ShardPlan plan{kShards, batches_per_step, ranks, rank};
      readers_.push_back(std::make_unique<ShardReader<Number>>(plan, open_shard, pool_, 3));
    }
  }

  std::multiset<Number> step() {
    std::multiset<Number> all;
    for (const auto& reader : readers_) {
      for (const Number value : reader->next_step()) all.insert(value);
    }
    return all;
  }
  // All that is left; a step may be empty while others follow.
  Steps rest() {
    Steps steps;
    while (!std::all_of(readers_.begin(), readers_.end(),
                        [](const auto& reader) { return reader->ended(); })) {
      steps.push_back(step());
    }
    return steps;
  }

  ShardPlaces save() const {
    ShardPlaces all;
    for (const auto& reader : readers_) {
      ShardPlaces places = reader->save();
      all.step = places.step;
      all.batches_per_step = places.batches_per_step;
      all.shards.merge(places.shards);
    }
    return all;
  }
  void load(const ShardPlaces& places) {
    for (const auto& reader : readers_) reader->load(places);
  }

 private:
  ThreadPool pool_{{.num_threads = 3}};
  std::vector<std::unique_ptr<ShardReader<Number>>> readers_;
};

TEST(ShardReader, GivesEachStepTheSameExamplesWhateverTheRanks) {
  const Steps alone = Ranks(1).rest();
  EXPECT_EQ(together(alone), everything()) << "each example once";
  for (const Number ranks : {2, 4, 8}) EXPECT_EQ(Ranks(ranks).rest(), alone) << ranks << " ranks";
}

TEST(ShardReader, GoesOnWithOtherRanksAtEveryStep) {
  const Steps all = Ranks(1).rest();
  Ranks four(4);
  for (std::size_t step = 0; step < all.size(); ++step) {
    const ShardPlaces places = four.save();
    for (const Number ranks : {1, 2, 4, 8}) {
      Ranks other(ranks);
      if (step % 2 == 1) other.step();  // also one that was used
      other.load(places);
      EXPECT_EQ(other.rest(), Steps(all.begin() + static_cast<std::ptrdiff_t>(step), all.end()))
          << "from step " << step << " with " << ranks << " ranks";
    }
    four.step();
  }
}

TEST(ShardReader, TakesFewerOrMoreBatchesAStepThanThereAreShards) {
  for (const Number batches : {2, 4, 16}) {
    EXPECT_EQ(together(Ranks(1, batches).rest()), everything()) << batches;
    Ranks one(1, batches);
    Ranks two(2, batches);
    one.step();
    two.step();
    const ShardPlaces places = two.save();
    const Steps rest = one.rest();
    EXPECT_EQ(two.rest(), rest) << batches;
    one.load(places);
    EXPECT_EQ(one.rest(), rest) << batches;
  }
}

TEST(ShardPlan, RefusesWhatDoesNotDivideWithTheNearestThatDo) {
  const auto refuses = [](ShardPlan plan, const char* text) {
    EXPECT_THAT([&] { plan.check(); }, ThrowsMessage<ConfigError>(HasSubstr(text)));
  };
  refuses({.num_shards = 64, .batches_per_step = 32, .num_ranks = 7},
          "must divide both: 4 or 8 can");
  refuses({.num_shards = 64, .batches_per_step = 24, .num_ranks = 16}, "8 can");
  refuses({.num_shards = 7, .batches_per_step = 8, .num_ranks = 2},
          "2 data ranks cannot share 7 shards (dataset.num_shards), for their number must divide "
          "it: 1 or 7 can");
  refuses({.num_shards = 64, .batches_per_step = 8, .num_ranks = 100},
          "100 data ranks cannot share 8 batches a step from 64 shards");
  EXPECT_NO_THROW((ShardPlan{.num_shards = 64, .batches_per_step = 24, .num_ranks = 8}.check()));
}

TEST(ShardReader, ThrowsAnErrorAtItsTurnAndGoesOn) {
  ThreadPool pool({.num_threads = 2});
  const auto open = [](Number shard) {
    return read_range(0, 4)
        .map([shard](Number value) {
          if (shard == 1 && value == 2) throw DataError("broken");
          return shard * 10 + value;
        })
        .stream();
  };
  ShardReader<Number> reader({.num_shards = 2, .batches_per_step = 2}, open, pool, 6);
  EXPECT_THAT(reader.next_step(), ElementsAre(0, 10));
  EXPECT_THAT(reader.next_step(), ElementsAre(1, 11));
  const ShardPlaces before = reader.save();
  EXPECT_THAT([&] { reader.next_step(); }, ThrowsMessage<DataError>("broken"));
  EXPECT_EQ(reader.save().step, 2);
  EXPECT_EQ(reader.save().shards, before.shards) << "the place of the last whole step";
  EXPECT_THAT(reader.next_step(), ElementsAre(2, 13));
  EXPECT_THAT(reader.next_step(), ElementsAre(3));
  EXPECT_FALSE(reader.ended());
  EXPECT_THAT(reader.next_step(), IsEmpty());
  EXPECT_TRUE(reader.ended());
  EXPECT_THAT(reader.next_step(), IsEmpty());
}

TEST(ShardReader, BeginsAnEpochAnewInAnotherOrder) {
  ThreadPool pool({.num_threads = 2});
  const auto open = [](Number shard) {
    return read_range(shard * 100, shard * 100 + 50).shuffle(0, RandomStream(1, "test")).stream();
  };
  ShardReader<Number> reader({.num_shards = 2, .batches_per_step = 2}, open, pool, 6);
  const auto read_all = [&] {
    std::vector<std::vector<Number>> steps;
    while (!reader.ended()) steps.push_back(reader.next_step());
    return steps;
  };
  const auto first = read_all();
  reader.rewind(1);
  reader.next_step();  // and begun anew in the middle
  reader.rewind(1);
  EXPECT_EQ(reader.save().step, 0);
  const auto second = read_all();
  EXPECT_NE(second, first);
  EXPECT_EQ(second.size(), first.size());
  reader.rewind(0);
  EXPECT_EQ(read_all(), first);
}

TEST(ShardReader, RefusesWhatWasSavedWithOtherNumbers) {
  ThreadPool pool({.num_threads = 1});
  ShardReader<Number> reader({.num_shards = 8, .batches_per_step = 1}, open_shard, pool, 1);
  const auto refuses = [&](ShardPlan plan, const char* text) {
    const ShardReader<Number> other(plan, open_shard, pool, 1);
    EXPECT_THAT([&] { reader.load(other.save()); }, ThrowsMessage<ConfigError>(HasSubstr(text)));
  };
  refuses({.num_shards = 4, .batches_per_step = 1}, "saved with 4 shards");
  refuses({.num_shards = 16, .batches_per_step = 1}, "saved with 16 shards");
}

TEST(ShardReader, HoldsTheBatchesOfAStepThatWereSaved) {
  ThreadPool pool({.num_threads = 1});
  ShardReader<Number> four({.num_shards = 8, .batches_per_step = 4}, open_shard, pool, 1);
  four.next_step();
  const ShardPlaces places = four.save();
  ShardReader<Number> one({.num_shards = 8, .batches_per_step = 1}, open_shard, pool, 1);
  one.load(places);
  EXPECT_EQ(one.next_step(), four.next_step());
  EXPECT_EQ(one.save().step, 2);

  ShardReader<Number> eight({.num_shards = 8, .batches_per_step = 8, .num_ranks = 8}, open_shard,
                            pool, 1);
  EXPECT_THAT([&] { eight.load(places); },
              ThrowsMessage<ConfigError>(HasSubstr("8 data ranks cannot share 4 batches a step")));
}

TEST(ShardReader, StopsAtOnceWhenItIsDropped) {
  std::atomic<int> read = 0;
  const auto open = [&](Number) {
    return read_range(0, 1000)
        .map([&](Number value) {
          ++read;
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
          return value;
        })
        .stream();
  };
  ThreadPool pool({.num_threads = 2});
  {
    ShardReader<Number> reader({.num_shards = 1, .batches_per_step = 1}, open, pool, 500);
    reader.next_step();
  }
  const int at_the_end = read;
  EXPECT_LT(at_the_end, 20);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(read, at_the_end) << "nothing runs on";
}

TEST(ShardReader, IsDroppedWithoutWaitingForOthersInItsPool) {
  ThreadPool pool({.num_threads = 1});
  std::promise<void> end;
  pool.submit([busy = end.get_future().share()] { busy.wait(); });
  {
    ShardReader<Number> reader({.num_shards = 8, .batches_per_step = 1}, open_shard, pool, 4);
    const auto step = reader.next_step();
    EXPECT_EQ(step.size(), 1U) << "read by the thread that asked";
  }
  end.set_value();
}

}  // namespace
}  // namespace roux::data
