#include "roux/nn/key_value_cache.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ops::AttentionSpan;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Counts = std::vector<std::int64_t>;

KeyValueCache small_cache() {
  return KeyValueCache(
      {.layers = 1, .slots = 2, .capacity = 4, .key_heads = 1, .key_dim = 1, .value_dim = 1},
      at::TensorOptions(at::kFloat));
}

// Writes `first`, `first` + 1, ... as the keys of the batch's tokens, and gives the keys of all.
at::Tensor write(KeyValueCache& cache, const TokenBatch& batch, double first) {
  const at::Tensor keys =
      (at::arange(batch.tokens(), at::TensorOptions(at::kFloat)) + first).view({-1, 1, 1});
  return cache.write(0, keys, keys).keys.flatten();
}

TEST(KeyValueCache, PutsNewTokensBehindTheOldOnes) {
  KeyValueCache cache = small_cache();
  write(cache, cache.extend(at::arange(3), Counts{1, 2}), 10);

  const TokenBatch batch = cache.extend(at::arange(2), Counts{1, 1});
  const at::Tensor keys = write(cache, batch, 20);

  EXPECT_EQ(keys[0].item<float>(), 10);
  EXPECT_EQ(keys[1].item<float>(), 20);
  EXPECT_EQ(keys[4].item<float>(), 11);
  EXPECT_EQ(keys[6].item<float>(), 21);
  EXPECT_EQ(batch.positions[1].item<std::int64_t>(), 2);
  EXPECT_THAT(std::vector(batch.layout.spans().begin(), batch.layout.spans().end()),
              ElementsAre(AttentionSpan{0, 1, 0, 2}, AttentionSpan{1, 1, 4, 3}));
}

TEST(KeyValueCache, LetsASlotSitOut) {
  KeyValueCache cache = small_cache();

  const TokenBatch batch = cache.extend(at::arange(2), Counts{0, 2});

  EXPECT_EQ(cache.length(0), 0);
  EXPECT_EQ(cache.length(1), 2);
  EXPECT_THAT(std::vector(batch.layout.spans().begin(), batch.layout.spans().end()),
              ElementsAre(AttentionSpan{0, 2, 4, 2}));
}

TEST(KeyValueCache, SaysWhichTextIsTooLong) {
  KeyValueCache cache = small_cache();

  EXPECT_THAT(
      [&] {
        cache.extend(at::arange(5), Counts{0, 5});
      },
      ThrowsMessage<Error>(HasSubstr("text 1 would be 5 tokens long")));
  EXPECT_EQ(cache.length(1), 0);
}

TEST(KeyValueCache, RefusesToTakeTokensBack) {
  KeyValueCache cache = small_cache();

  EXPECT_THROW(cache.extend(at::arange(1), (Counts{2, -1})), InternalError);
}

TEST(KeyValueCache, GoesOnFromWhereItWasCut) {
  KeyValueCache cache = small_cache();
  write(cache, cache.extend(at::arange(3), Counts{3, 0}), 10);

  cache.truncate(0, 1);
  const at::Tensor keys = write(cache, cache.extend(at::arange(1), Counts{1, 0}), 20);

  EXPECT_EQ(keys[0].item<float>(), 10);
  EXPECT_EQ(keys[1].item<float>(), 20);
}

TEST(KeyValueCache, LetsSlotsGoOnFromOthers) {
  KeyValueCache cache = small_cache();
  write(cache, cache.extend(at::arange(3), Counts{1, 2}), 10);

  cache.reorder(Counts{1, 0});

  EXPECT_EQ(cache.length(0), 2);
  EXPECT_EQ(cache.length(1), 1);
  const at::Tensor keys = write(cache, cache.extend(at::arange(2), Counts{1, 1}), 20);
  EXPECT_EQ(keys[0].item<float>(), 11);
  EXPECT_EQ(keys[1].item<float>(), 12);
  EXPECT_EQ(keys[4].item<float>(), 10);
}

}  // namespace
}  // namespace roux::nn
