#include "roux/nn/training_batch.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <memory_resource>
#include <optional>

#include "roux/data/pack.h"
#include "roux/data/pipeline.h"
#include "roux/data/recycled_memory.h"

namespace roux::nn {
namespace {

std::optional<data::PackedBatch> pack(std::pmr::memory_resource& memory) {
  return data::read_list<data::Document>({{{10, 11, 12, 13}}, {{20, 21, 22}}})
      .then<data::Pack>(data::PackOptions{.max_num_tokens = 7, .memory = &memory})
      .stream()
      ->next();
}

TEST(TrainingBatch, HoldsAPackedBatchAndItsMemory) {
  data::RecycledMemory memory;
  std::optional<data::PackedBatch> packed = pack(memory);
  const void* rows = packed->memory().get();
  const TrainingBatch batch = TrainingBatch::from(*packed);
  packed.reset();
  EXPECT_EQ(batch.tokens.ids.const_data_ptr(), rows) << "not copied";
  EXPECT_NE(pack(memory)->memory().get(), rows) << "not given to the next batch";

  const auto expected = [](std::initializer_list<std::int64_t> values) {
    return at::tensor(values);
  };
  EXPECT_TRUE(at::equal(batch.tokens.ids, expected({10, 11, 12, 20, 21, 0, 0})));
  EXPECT_TRUE(at::equal(batch.tokens.positions, expected({0, 1, 2, 0, 1, 0, 0})));
  EXPECT_TRUE(at::equal(batch.targets, expected({11, 12, 13, 21, 22, -100, -100})));
  EXPECT_EQ(batch.num_targets, 5);
  ASSERT_EQ(batch.tokens.layout.spans().size(), 2U);
  EXPECT_TRUE(at::equal(batch.tokens.real_tokens().to(at::kLong), expected({1, 1, 1, 1, 1, 0, 0})))
      << "padding belongs to no document";
}

TEST(TrainingBatch, GivesItsMemoryBack) {
  data::RecycledMemory memory;
  const void* rows = nullptr;
  {
    const std::optional<data::PackedBatch> packed = pack(memory);
    rows = TrainingBatch::from(*packed).targets.const_data_ptr();
  }
  EXPECT_EQ(TrainingBatch::from(*pack(memory)).targets.const_data_ptr(), rows);
}

}  // namespace
}  // namespace roux::nn
