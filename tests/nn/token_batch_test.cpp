#include "roux/nn/token_batch.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "roux/base/error.h"

namespace roux::nn {
namespace {

using ops::AttentionSpan;
using ::testing::ElementsAre;

std::vector<std::int64_t> list(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.to(at::kLong).contiguous();
  const auto* data = wide.const_data_ptr<std::int64_t>();
  return {data, data + wide.numel()};
}

std::vector<AttentionSpan> spans_of(const TokenBatch& batch) {
  return {batch.layout.spans().begin(), batch.layout.spans().end()};
}

TEST(TokenBatch, CountsThePositionsOfPackedDocumentsAnew) {
  const auto batch = TokenBatch::packed(at::arange(5), std::vector<std::int64_t>{0, 3, 5});

  EXPECT_THAT(list(batch.positions), ElementsAre(0, 1, 2, 0, 1));
  EXPECT_THAT(spans_of(batch), ElementsAre(AttentionSpan{0, 3, 0, 3}, AttentionSpan{3, 2, 3, 2}));
}

TEST(TokenBatch, KnowsWhichTokensOfPaddedRowsAreReal) {
  const auto ids = at::arange(6).view({2, 3});

  const auto right = TokenBatch::padded(ids, std::vector<std::int64_t>{3, 1});
  const auto left =
      TokenBatch::padded(ids, std::vector<std::int64_t>{3, 1}, ops::PaddingSide::Left);

  EXPECT_THAT(list(right.real_tokens()), ElementsAre(1, 1, 1, 1, 0, 0));
  EXPECT_THAT(list(left.real_tokens()), ElementsAre(1, 1, 1, 0, 0, 1));
  EXPECT_THAT(list(left.positions), ElementsAre(0, 1, 2, 0, 0, 0));
}

TEST(TokenBatch, RefusesBoundsThatDoNotEndWithTheTokens) {
  EXPECT_THROW(TokenBatch::packed(at::arange(5), std::vector<std::int64_t>{0, 3}), InternalError);
}

}  // namespace
}  // namespace roux::nn
