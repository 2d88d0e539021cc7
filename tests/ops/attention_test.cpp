#include "roux/ops/attention.h"

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr Tolerance kDouble{.absolute = 1e-12, .relative = 1e-12};

// The definition, one query at a time.
at::Tensor naive(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const AttentionLayout& layout, const AttentionOptions& options) {
  const double scale = options.scale.value_or(1.0 / std::sqrt(static_cast<double>(q.size(2))));
  const at::Tensor out = at::zeros({q.size(0), q.size(1), v.size(2)}, q.options());
  const auto qs = q.accessor<double, 3>();
  const auto ks = k.accessor<double, 3>();
  const auto vs = v.accessor<double, 3>();
  auto outs = out.accessor<double, 3>();
  for (const AttentionSpan& span : layout.spans()) {
    for (std::int64_t i = 0; i < span.query_length; ++i) {
      const std::int64_t position = i + span.key_length - span.query_length;
      for (std::int64_t head = 0; head < q.size(1); ++head) {
        const std::int64_t key_head = head / (q.size(1) / k.size(1));
        std::vector<double> weights(static_cast<std::size_t>(span.key_length));
        double total = 0.0;
        for (std::int64_t j = 0; j < span.key_length; ++j) {
          if (options.causal && j > position) continue;
          if (options.window && j <= position - *options.window) continue;
          double score = 0.0;
          for (std::int64_t d = 0; d < q.size(2); ++d) {
            score += qs[span.query_begin + i][head][d] * ks[span.key_begin + j][key_head][d];
          }
          score *= scale;
          if (options.softcap > 0.0) score = options.softcap * std::tanh(score / options.softcap);
          weights[static_cast<std::size_t>(j)] = std::exp(score);
          total += std::exp(score);
        }
        for (std::int64_t j = 0; j < span.key_length; ++j) {
          for (std::int64_t d = 0; d < v.size(2); ++d) {
            outs[span.query_begin + i][head][d] +=
                weights[static_cast<std::size_t>(j)] / total * vs[span.key_begin + j][key_head][d];
          }
        }
      }
    }
  }
  return out;
}

// [rows, heads, dim] and back to what ATen takes.
at::Tensor heads_first(const at::Tensor& x) {
  return x.transpose(0, 1).unsqueeze(0);
}

TEST(AttentionLayout, PacksDocumentsOneAfterTheOther) {
  const auto layout = AttentionLayout::packed(std::vector<std::int64_t>{0, 3, 3, 8});

  EXPECT_THAT(layout.spans(), ElementsAre(AttentionSpan{0, 3, 0, 3}, AttentionSpan{3, 0, 3, 0},
                                          AttentionSpan{3, 5, 3, 5}));
  EXPECT_EQ(layout.longest_query(), 5);
}

TEST(AttentionLayout, PadsOnTheRightAndOnTheLeft) {
  const std::vector<std::int64_t> lengths{2, 4};

  EXPECT_THAT(AttentionLayout::padded(lengths, 4).spans(),
              ElementsAre(AttentionSpan{0, 2, 0, 2}, AttentionSpan{4, 4, 4, 4}));
  EXPECT_THAT(AttentionLayout::padded(lengths, 4, PaddingSide::Left).spans(),
              ElementsAre(AttentionSpan{2, 2, 2, 2}, AttentionSpan{4, 4, 4, 4}));
}

TEST(AttentionLayout, RefusesSpansThatCannotBe) {
  EXPECT_THROW(AttentionLayout::packed(std::vector<std::int64_t>{1, 2}), InternalError);
  EXPECT_THROW(AttentionLayout({AttentionSpan{0, 3, 0, 2}}), InternalError);
  EXPECT_THROW(AttentionLayout({AttentionSpan{0, 3, 0, 3}, AttentionSpan{2, 2, 3, 2}}),
               InternalError);
  EXPECT_THROW(AttentionLayout::padded(std::vector<std::int64_t>{5}, 4), InternalError);
}

TEST(Attention, IsATensOverEachDocument) {
  const at::Tensor q = random_tensor({9, 6, 5}, 1);
  const at::Tensor k = random_tensor({9, 2, 5}, 2);
  const at::Tensor v = random_tensor({9, 2, 7}, 3);

  for (const bool causal : {true, false}) {
    std::vector<at::Tensor> parts;
    for (const auto& [begin, length] : {std::pair{0, 4}, {4, 1}, {5, 4}}) {
      const auto rows = [&, from = begin, count = length](const at::Tensor& x) {
        return heads_first(x.narrow(0, from, count));
      };
      parts.push_back(at::scaled_dot_product_attention(rows(q), rows(k), rows(v), {}, 0.0, causal,
                                                       std::nullopt, /*enable_gqa=*/true)
                          .squeeze(0)
                          .transpose(0, 1));
    }
    const at::Tensor out =
        attention(q, k, v, AttentionLayout::packed(std::vector<std::int64_t>{0, 4, 5, 9}),
                  {.causal = causal});

    EXPECT_TRUE(is_close(out, at::cat(parts, 0), kDouble)) << causal;
  }
}

TEST(Attention, IsTheMeanOfTheValuesThatAQuerySees) {
  const at::Tensor q = random_tensor({8, 4, 3}, 1);
  const at::Tensor k = random_tensor({20, 2, 3}, 2);
  const at::Tensor v = random_tensor({20, 2, 5}, 3);
  const AttentionLayout cached({{0, 3, 2, 9}, {4, 1, 12, 7}, {6, 2, 0, 2}});

  for (const AttentionOptions& options :
       {AttentionOptions{}, AttentionOptions{.causal = false}, AttentionOptions{.window = 1},
        AttentionOptions{.scale = 0.3, .window = 4}, AttentionOptions{.softcap = 0.7},
        AttentionOptions{.scale = -2.0, .causal = false, .softcap = 3.0}}) {
    EXPECT_TRUE(
        is_close(attention(q, k, v, cached, options), naive(q, k, v, cached, options), kDouble));
  }
}

TEST(Attention, LeavesRowsOfNoTextAtZero) {
  const at::Tensor x = random_tensor({6, 1, 4}, 1).set_requires_grad(true);

  const at::Tensor out =
      attention(x, x, x, AttentionLayout::padded(std::vector<std::int64_t>{0, 2}, 3));
  out.sum().backward();

  EXPECT_EQ(out.narrow(0, 0, 3).abs().max().item().toDouble(), 0.0);
  EXPECT_EQ(out.narrow(0, 5, 1).abs().max().item().toDouble(), 0.0);
  EXPECT_GT(x.grad().narrow(0, 3, 2).abs().max().item().toDouble(), 0.0);
  EXPECT_EQ(x.grad().narrow(0, 0, 3).abs().max().item().toDouble(), 0.0);
  EXPECT_EQ(x.grad().narrow(0, 5, 1).abs().max().item().toDouble(), 0.0);
}

TEST(Attention, HasTheGradientOfDifferences) {
  const AttentionLayout layout({{0, 3, 0, 4}, {3, 1, 4, 1}});
  for (const AttentionOptions& options :
       {AttentionOptions{}, AttentionOptions{.causal = false}, AttentionOptions{.window = 2},
        AttentionOptions{.softcap = 0.9}}) {
    const auto function = [&](const std::vector<at::Tensor>& in) {
      return attention(in[0], in[1], in[2], layout, options);
    };
    EXPECT_TRUE(gradcheck(function, {random_tensor({5, 4, 3}, 1).set_requires_grad(true),
                                     random_tensor({6, 2, 3}, 2).set_requires_grad(true),
                                     random_tensor({6, 2, 2}, 3).set_requires_grad(true)}));
  }
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const at::Tensor x = random_tensor({4, 3, 8}, 1);
  const auto layout = AttentionLayout::packed(std::vector<std::int64_t>{0, 4});

  EXPECT_THAT([&] { attention(x, x.narrow(1, 0, 2), x.narrow(1, 0, 2), layout); },
              ThrowsMessage<InternalError>(HasSubstr("a multiple of those of k")));
  EXPECT_THAT([&] { attention(x, x, x, layout, {.causal = false, .window = 2}); },
              ThrowsMessage<InternalError>(HasSubstr("window")));
  EXPECT_THAT([&] { attention(x, x, x, layout, {.window = 0}); },
              ThrowsMessage<InternalError>(HasSubstr("window")));
  EXPECT_THAT([&] { attention(x.narrow(0, 0, 3), x, x, layout); },
              ThrowsMessage<InternalError>(HasSubstr("layout")));
  EXPECT_THAT([&] { attention(x, x.to(at::kFloat), x, layout); },
              ThrowsMessage<InternalError>(HasSubstr("dtype")));
}

}  // namespace
}  // namespace roux::ops
