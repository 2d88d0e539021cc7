#include "roux/ops/moe.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "roux/base/error.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Tensors = std::vector<at::Tensor>;

std::vector<std::int64_t> numbers(const at::Tensor& x) {
  const at::Tensor flat = x.contiguous();
  return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

at::Tensor input(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType dtype = at::kDouble) {
  return random_tensor(sizes, seed, dtype).set_requires_grad(true);
}

at::Tensor ids(std::initializer_list<std::int64_t> values, std::int64_t top_k) {
  return at::tensor(std::vector<std::int64_t>(values), at::kLong).view({-1, top_k});
}

// The experts' layer as its definition says it: a token, and one of its experts, after the other.
at::Tensor one_by_one(const at::Tensor& x, const at::Tensor& weight, const Routing& routing) {
  Tensors results;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    at::Tensor sum = at::zeros({weight.size(1)}, x.options().requires_grad(false));
    for (std::int64_t k = 0; k < routing.experts.size(1); ++k) {
      const std::int64_t e = routing.experts[t][k].item().toLong();
      sum = sum + at::mv(weight[e], x[t]) * routing.weights[t][k];
    }
    results.push_back(sum);
  }
  return at::stack(results);
}

at::Tensor grouped(const at::Tensor& x, const at::Tensor& weight, const Routing& routing) {
  const ExpertOrder order = order_by_expert(routing.experts, weight.size(0));
  const at::Tensor rows = grouped_linear(x.index_select(0, order.token), weight, order.offsets);
  return combine_experts(rows, routing.weights, order);
}

// transformers 5, load_balancing_loss_func(logits, 4 experts, top 2) on these logits in float64.
at::Tensor golden_logits() {
  at::Tensor logits = at::empty({6, 4}, at::kDouble);
  for (int i = 0; i < 6; ++i) {
    for (int e = 0; e < 4; ++e) logits[i][e].fill_(std::sin(0.7 * i + 1.3 * e * e));
  }
  return logits;
}

TEST(Route, ChoosesTheMostProbableAndWeighsThemByTheirProbability) {
  const Routing routing = route(golden_logits().to(at::kFloat), 2, false);

  EXPECT_THAT(numbers(routing.experts), ElementsAre(1, 0, 1, 0, 0, 3, 3, 0, 2, 3, 2, 3));
  EXPECT_EQ(routing.weights.scalar_type(), at::kFloat);
  // torch.topk(torch.softmax(logits, -1), 2)
  EXPECT_TRUE(
      is_close(routing.weights[0], at::tensor({0.5823, 0.2222}, at::kFloat), {.absolute = 5e-5}));
}

TEST(Route, MakesTheWeightsSumToOneIfAsked) {
  const at::Tensor logits = input({5, 7}, 1);

  EXPECT_TRUE(is_close(route(logits.detach(), 3, true).weights.sum(1), at::ones({5}, at::kDouble),
                       {.absolute = 1e-14}));
  for (const bool normalise : {false, true}) {
    EXPECT_TRUE(
        gradcheck([&](const Tensors& in) { return route(in[0], 3, normalise).weights; }, {logits}));
  }
}

TEST(OrderByExpert, PutsEachExpertsTokensTogetherInTheirOrder) {
  const ExpertOrder order = order_by_expert(ids({2, 0, 0, 3, 2, 3}, 2), 5);

  EXPECT_THAT(order.offsets, ElementsAre(0, 2, 2, 4, 6, 6));
  EXPECT_THAT(numbers(order.token), ElementsAre(0, 1, 0, 2, 1, 2));
  EXPECT_THAT(numbers(order.slot), ElementsAre(1, 2, 0, 4, 3, 5));
}

TEST(OrderByExpert, TakesABatchWithoutTokens) {
  const ExpertOrder order = order_by_expert(at::empty({0, 2}, at::kLong), 3);

  EXPECT_THAT(order.offsets, ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(order.token.numel(), 0);
}

TEST(OrderByExpert, NamesAnExpertThatThereIsNot) {
  EXPECT_THAT(
      [] {
        order_by_expert(ids({0, 1, 3, 0}, 2), 3);
      },
      ThrowsMessage<Error>(HasSubstr("less than 3, but a choice of token 1 is 3")));
}

TEST(GroupedLinear, IsTheSumThatItsDefinitionNames) {
  const at::Tensor logits = input({9, 4}, 1);
  const at::Tensor x = input({9, 5}, 2);
  const at::Tensor weight = input({4, 3, 5}, 3);
  const Tensors expected_in{leaf(logits), leaf(x), leaf(weight)};

  const at::Tensor result = grouped(x, weight, route(logits, 2, true));
  const at::Tensor expected =
      one_by_one(expected_in[1], expected_in[2], route(expected_in[0], 2, true));
  (result * result).sum().backward();
  (expected * expected).sum().backward();

  EXPECT_TRUE(is_close(result.detach(), expected.detach(), {.absolute = 1e-13}));
  EXPECT_TRUE(is_close(logits.grad(), expected_in[0].grad(), {.absolute = 1e-12}));
  EXPECT_TRUE(is_close(x.grad(), expected_in[1].grad(), {.absolute = 1e-12}));
  EXPECT_TRUE(is_close(weight.grad(), expected_in[2].grad(), {.absolute = 1e-12}));
}

TEST(GroupedLinear, AgreesWithItselfInFloat64InEachDtype) {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor x = input({33, 17}, 2, dtype);
    const at::Tensor weight = input({5, 19, 17}, 3, dtype);
    const Tensors in_double{leaf(x.to(at::kDouble)), leaf(weight.to(at::kDouble))};
    const std::vector<std::int64_t> offsets{0, 1, 1, 20, 33, 33};
    const at::Tensor incoming = random_tensor({33, 19}, 4, dtype);

    const at::Tensor result = grouped_linear(x, weight, offsets);
    const at::Tensor expected = grouped_linear(in_double[0], in_double[1], offsets);
    result.backward(incoming);
    expected.backward(incoming.to(at::kDouble));

    const Tolerance tolerance = dtype == at::kFloat ? Tolerance{.absolute = 2e-5, .relative = 2e-5}
                                                    : Tolerance{.absolute = 5e-2, .relative = 1e-2};
    EXPECT_EQ(result.scalar_type(), dtype);
    EXPECT_TRUE(is_close(result.detach().to(at::kDouble), expected.detach(), tolerance));
    EXPECT_TRUE(is_close(x.grad().to(at::kDouble), in_double[0].grad(), tolerance));
    EXPECT_TRUE(is_close(weight.grad().to(at::kDouble), in_double[1].grad(), tolerance));
  }
}

// Pinned: oneDNN's kernels for AMX died here where a virtual machine does not describe the tiles.
TEST(GroupedLinear, MultipliesBfloat16MatricesThatAreLargeEnoughForTiles) {
  const at::Tensor x = random_tensor({96, 64}, 1, at::kBFloat16);
  const at::Tensor weight = random_tensor({1, 64, 64}, 2, at::kBFloat16);

  const at::Tensor result = grouped_linear(x, weight, {0, 96});

  EXPECT_TRUE(is_close(result.to(at::kDouble),
                       at::matmul(x.to(at::kDouble), weight[0].to(at::kDouble).t()),
                       {.absolute = 5e-2, .relative = 1e-2}));
}

TEST(GroupedLinear, HasTheGradientOfItsValue) {
  const at::Tensor x = input({6, 3}, 1);
  const at::Tensor weight = input({4, 2, 3}, 2);
  const auto with = [](const std::vector<std::int64_t>& offsets) {
    return [offsets](const Tensors& in) { return grouped_linear(in[0], in[1], offsets); };
  };

  EXPECT_TRUE(gradcheck(with({0, 2, 2, 5, 6}), {x, weight}));
  EXPECT_TRUE(gradcheck(with({0, 0, 6, 6, 6}), {x, weight})) << "all tokens on one expert";
  EXPECT_TRUE(gradcheck(with({0, 2, 2, 5, 6}), {x.detach(), weight}));
  EXPECT_TRUE(gradcheck(with({0, 2, 2, 5, 6}), {x, weight.detach()}));
}

TEST(GroupedLinear, GivesAnExpertWithoutTokensAGradientOfZero) {
  const at::Tensor weight = input({3, 2, 4}, 2);

  grouped_linear(input({5, 4}, 1), weight, {0, 3, 3, 5}).sum().backward();

  EXPECT_TRUE(is_same(weight.grad()[1], at::zeros({2, 4}, at::kDouble)));
  EXPECT_GT(weight.grad()[0].abs().sum().item().toDouble(), 0.0);
}

TEST(GroupedLinear, TakesABatchWithoutTokens) {
  const at::Tensor x = input({0, 4}, 1);
  const at::Tensor weight = input({3, 2, 4}, 2);

  const at::Tensor result = grouped_linear(x, weight, {0, 0, 0, 0});
  result.sum().backward();

  EXPECT_EQ(result.sizes(), at::IntArrayRef({0, 2}));
  EXPECT_TRUE(is_same(weight.grad(), at::zeros({3, 2, 4}, at::kDouble)));
}

TEST(GroupedLinear, RefusesOffsetsThatDoNotCoverTheRows) {
  const at::Tensor x = input({5, 4}, 1);
  const at::Tensor weight = input({2, 3, 4}, 2);

  EXPECT_THROW(grouped_linear(x, weight, {0, 2, 4}), InternalError);
  EXPECT_THROW(grouped_linear(x, weight, {0, 5}), InternalError);
  EXPECT_THROW(grouped_linear(x, weight, {0, 6, 5}), InternalError);
}

TEST(CombineExperts, HasTheGradientOfItsValue) {
  const ExpertOrder order = order_by_expert(ids({2, 0, 0, 3, 2, 3}, 2), 5);

  EXPECT_TRUE(gradcheck([&](const Tensors& in) { return combine_experts(in[0], in[1], order); },
                        {input({6, 4}, 1), input({3, 2}, 2)}));
}

TEST(CombineExperts, WeighsBfloat16RowsInFloat32) {
  const ExpertOrder order = order_by_expert(ids({1, 0}, 2), 2);
  // Rounded to bfloat16 first, their difference would be 0.00195.
  const at::Tensor weights = at::tensor({0.5015, 0.4985}, at::kFloat).view({1, 2});
  const at::Tensor rows = at::tensor({-1.0, 1.0}, at::kFloat).to(at::kBFloat16).view({2, 1});

  const at::Tensor sum = combine_experts(rows, weights, order);

  EXPECT_EQ(sum.scalar_type(), at::kBFloat16);
  EXPECT_NEAR(sum.item().toDouble(), 0.003, 1e-5);
}

TEST(LoadBalancingLoss, IsWhatTransformersComputes) {
  const at::Tensor logits = golden_logits();
  const at::Tensor experts = route(logits, 2, false).experts;
  const at::Tensor counts = at::tensor({1, 1, 0, 1, 1, 0}, at::kLong).to(at::kBool);

  EXPECT_NEAR(load_balancing_loss(logits, experts).item().toDouble(), 2.014050245285034, 1e-6);
  EXPECT_NEAR(load_balancing_loss(logits, experts, counts).item().toDouble(), 2.0392298698425293,
              1e-6);
}

TEST(LoadBalancingLoss, IsOneAPlaceWhenAllIsEven) {
  const at::Tensor loss = load_balancing_loss(at::zeros({4, 4}), ids({0, 1, 1, 2, 2, 3, 3, 0}, 2));

  EXPECT_FLOAT_EQ(loss.item().toFloat(), 2.0F);
}

TEST(LoadBalancingLoss, HasTheGradientOfItsValue) {
  const at::Tensor experts = ids({0, 1, 1, 2, 2, 3, 3, 0}, 2);
  const at::Tensor counts = at::tensor({1, 0, 1, 1}, at::kLong).to(at::kBool);

  EXPECT_TRUE(
      gradcheck([&](const Tensors& in) { return load_balancing_loss(in[0], experts, counts); },
                {input({4, 4}, 1)}));
}

TEST(LoadBalancingLoss, IsZeroWhereNothingCounts) {
  const at::Tensor experts = ids({0, 1, 1, 2}, 2);

  EXPECT_EQ(
      load_balancing_loss(at::zeros({2, 4}), experts, at::zeros({2}, at::kBool)).item().toDouble(),
      0.0);
}

}  // namespace
}  // namespace roux::ops
