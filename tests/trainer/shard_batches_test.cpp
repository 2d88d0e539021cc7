#include "roux/trainer/shard_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/thread_pool.h"
#include "roux/data/pipeline.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Number = std::int64_t;

// Shard i holds i + 1 numbers: 10 i, 10 i + 1, …
class ShardBatchesTest : public ::testing::Test {
 protected:
  ThreadPool pool{{.num_threads = 2}};

  std::unique_ptr<BatchReader<std::string>> reader() {
    const auto open = [](Number shard) {
      return data::read_range(10 * shard, 11 * shard + 1).stream();
    };
    const data::ShardPlan plan{.num_shards = 4, .batches_per_step = 2};
    return std::make_unique<ShardBatches<Number, std::string>>(
        std::make_unique<data::ShardReader<Number>>(plan, open, pool, 4),
        [](Number number) { return std::to_string(number); });
  }

  // All steps to the end, those without a batch too.
  static std::vector<std::string> joined(BatchReader<std::string>& reader) {
    std::vector<std::string> steps;
    while (true) {
      const auto step = reader.next_step();
      if (step.empty() && !reader.has_more()) return steps;
      std::string text;
      for (const std::string& each : step) text += each + ' ';
      steps.push_back(text);
    }
  }
};

TEST_F(ShardBatchesTest, EndsAnEpochWithItsLastShard) {
  const auto batches = reader();
  EXPECT_THAT(joined(*batches),
              ElementsAre("0 10 ", "20 30 ", "11 ", "21 31 ", "", "22 32 ", "", "33 ", ""));
  EXPECT_THAT(batches->next_step(), ElementsAre());
  batches->begin_epoch(1);
  EXPECT_THAT(batches->next_step(), ElementsAre("0", "10"));
}

TEST_F(ShardBatchesTest, GoesOnFromTexts) {
  const auto batches = reader();
  batches->next_step();
  batches->next_step();
  const auto places = batches->save();
  EXPECT_EQ(places.count("data/shard_00003"), 1U);
  const auto rest = joined(*batches);
  const auto other = reader();
  other->load(places);
  EXPECT_EQ(joined(*other), rest);
}

TEST_F(ShardBatchesTest, RefusesTextsThatAreNoPlaces) {
  const auto batches = reader();
  auto places = batches->save();
  EXPECT_THAT([&] { from_texts({}); }, ThrowsMessage<DataError>(HasSubstr("data/step")));
  places["data/step"] = "-1";
  EXPECT_THAT([&] { batches->load(places); }, ThrowsMessage<DataError>(HasSubstr("\"-1\"")));
}

}  // namespace
}  // namespace roux
