#include "roux/ops/linear_cross_entropy.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "ops/level_override.h"
#include "ops/reference.h"
#include "roux/base/error.h"
#include "support/counted_memory.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Tensors = std::vector<at::Tensor>;

struct Case {
  at::Tensor hidden;
  at::Tensor weight;
  at::Tensor bias;
  at::Tensor targets;
};

// Logits of a standard deviation of about 2. Every third target is ignored where `ignored` says so.
Case make_case(std::int64_t tokens, std::int64_t dim, std::int64_t vocabulary,
               at::ScalarType dtype = at::kDouble, bool ignored = false, bool bias = false) {
  Case made;
  made.hidden = random_tensor({tokens, dim}, 1, dtype).set_requires_grad(true);
  made.weight = (random_tensor({vocabulary, dim}, 2) * (2.0 / std::sqrt(double(dim))))
                    .to(dtype)
                    .set_requires_grad(true);
  if (bias) made.bias = random_tensor({vocabulary}, 3, dtype).set_requires_grad(true);
  made.targets = at::empty({tokens}, at::kLong);
  for (std::int64_t i = 0; i < tokens; ++i) {
    made.targets.mutable_data_ptr<std::int64_t>()[i] =
        ignored && i % 3 == 1 ? -100 : (i * 7919 + vocabulary - 1) % vocabulary;
  }
  return made;
}

// Leaves of its own in float64, with the same numbers.
Case in_double(const Case& given) {
  const auto copy = [](const at::Tensor& x) {
    return x.defined() ? leaf(x.detach().to(at::kDouble), x.requires_grad()) : x;
  };
  return {copy(given.hidden), copy(given.weight), copy(given.bias), given.targets};
}

at::Tensor sum_of(const Case& c, const CrossEntropyOptions& options = {}) {
  return linear_cross_entropy(c.hidden, c.weight, c.bias, c.targets, options);
}

at::Tensor per_token_of(const Case& c, const CrossEntropyOptions& options = {}) {
  return linear_cross_entropy_per_token(c.hidden, c.weight, c.bias, c.targets, options);
}

at::Tensor reference_of(const Case& c, const CrossEntropyOptions& options = {}) {
  return reference::linear_cross_entropy_per_token(c.hidden, c.weight, c.bias, c.targets, options);
}

// |actual - expected| / |expected|, of a whole tensor.
double distance(const at::Tensor& actual, const at::Tensor& expected) {
  const double norm = expected.to(at::kDouble).norm().item().toDouble();
  const double off = (actual.to(at::kDouble) - expected.to(at::kDouble)).norm().item().toDouble();
  return off == 0.0 ? 0.0 : off / std::max(norm, 1e-30);
}

void expect_gradients(const Case& actual, const Case& expected, double tolerance) {
  EXPECT_LE(distance(actual.hidden.grad(), expected.hidden.grad()), tolerance) << "hidden";
  EXPECT_LE(distance(actual.weight.grad(), expected.weight.grad()), tolerance) << "weight";
  if (actual.bias.defined()) {
    EXPECT_LE(distance(actual.bias.grad(), expected.bias.grad()), tolerance) << "bias";
  }
}

CrossEntropyOptions all_options() {
  return {.label_smoothing = 0.1, .z_loss = 1e-2, .softcap = 5.0};
}

// Each level of this CPU in each dtype.
class LinearCrossEntropyKernels
    : public testing::TestWithParam<std::tuple<CpuLevel, at::ScalarType>> {
 protected:
  at::ScalarType dtype() const { return std::get<1>(GetParam()); }

  // Of a loss, and of a gradient: bfloat16 rounds the gradient of each logit to 8 bits.
  double loss_tolerance() const { return 2e-6; }
  double tolerance() const { return dtype() == at::kFloat ? 3e-6 : 1e-2; }

  void expect_the_reference(const Case& c, const CrossEntropyOptions& options) const {
    const Case expected = in_double(c);
    const at::Tensor loss = sum_of(c, options);
    const at::Tensor expected_loss = reference_of(expected, options).sum();
    EXPECT_EQ(loss.scalar_type(), at::kFloat);
    EXPECT_LE(distance(loss, expected_loss), loss_tolerance());
    loss.backward();
    expected_loss.backward();
    EXPECT_EQ(c.hidden.grad().scalar_type(), dtype());
    EXPECT_EQ(c.weight.grad().scalar_type(), dtype());
    expect_gradients(c, expected, tolerance());
  }

 private:
  LevelOverride level_{std::get<0>(GetParam())};
};

TEST_P(LinearCrossEntropyKernels, AgreeWithTheReferenceOnOddVocabularies) {
  for (const std::int64_t vocabulary : {1, 7, 16, 17, 65, 4097}) {
    SCOPED_TRACE(vocabulary);
    expect_the_reference(make_case(5, 24, vocabulary, dtype()), {});
    expect_the_reference(make_case(5, 24, vocabulary, dtype(), true, true), all_options());
  }
}

TEST_P(LinearCrossEntropyKernels, AgreeWithTheReferenceWhateverTheNumberOfTokens) {
  for (const std::int64_t tokens : {1, 7, 8, 9, 17}) {
    SCOPED_TRACE(tokens);
    expect_the_reference(make_case(tokens, 16, 131, dtype()), {.chunk_rows = 8});
    expect_the_reference(make_case(tokens, 16, 131, dtype(), true), {.chunk_rows = 8});
  }
}

TEST_P(LinearCrossEntropyKernels, AgreeWithTheReferenceInEachOption) {
  for (const bool bias : {false, true}) {
    SCOPED_TRACE(bias);
    expect_the_reference(make_case(9, 16, 131, dtype(), false, bias), {});
    expect_the_reference(make_case(9, 16, 131, dtype(), false, bias), {.label_smoothing = 0.2});
    expect_the_reference(make_case(9, 16, 131, dtype(), false, bias), {.z_loss = 0.1});
    expect_the_reference(make_case(9, 16, 131, dtype(), false, bias), {.softcap = 2.0});
    expect_the_reference(make_case(9, 16, 131, dtype(), false, bias), all_options());
  }
}

TEST_P(LinearCrossEntropyKernels, GiveEachTokenItsLossAndItsGradient) {
  const Case c = make_case(19, 16, 131, dtype(), true, true);
  const Case expected = in_double(c);
  const at::Tensor incoming = random_tensor({19}, 9, at::kFloat);
  CrossEntropyOptions options = all_options();
  options.chunk_rows = 4;

  const at::Tensor losses = per_token_of(c, options);
  const at::Tensor expected_losses = reference_of(expected, options);
  losses.backward(incoming);
  expected_losses.backward(incoming.to(at::kDouble));

  EXPECT_EQ(losses.scalar_type(), at::kFloat);
  EXPECT_LE(distance(losses, expected_losses), loss_tolerance());
  EXPECT_EQ(losses[1].item().toDouble(), 0.0);
  expect_gradients(c, expected, tolerance());
}

TEST_P(LinearCrossEntropyKernels, StandLargeLogits) {
  Case c = make_case(4, 16, 67, dtype());
  c.weight = leaf(c.weight.detach() * 3000.0);

  const at::Tensor loss = sum_of(c);
  loss.backward();

  const Case expected = in_double(c);
  EXPECT_LE(distance(loss, reference_of(expected).sum()), 1e-5);
  EXPECT_TRUE(at::isfinite(c.hidden.grad()).all().item().toBool());
}

TEST_P(LinearCrossEntropyKernels, DoNotHideANaN) {
  for (const std::int64_t place : {0, 70, 130}) {
    Case c = make_case(2, 4, 131, dtype());
    at::Tensor weight = c.weight.detach().clone();
    weight[place].fill_(std::numeric_limits<double>::quiet_NaN());
    c.weight = leaf(weight);

    const at::Tensor loss = sum_of(c);
    loss.backward();

    EXPECT_TRUE(at::isnan(loss).item().toBool()) << place;
    EXPECT_TRUE(at::isnan(c.hidden.grad()).all().item().toBool()) << place;
  }
}

INSTANTIATE_TEST_SUITE_P(, LinearCrossEntropyKernels,
                         testing::Combine(testing::ValuesIn(levels_of_this_cpu()),
                                          testing::Values(at::kFloat, at::kBFloat16)),
                         [](const auto& param) {
                           return std::string(to_string(std::get<0>(param.param))) + "_" +
                                  name_of(std::get<1>(param.param));
                         });

TEST(LinearCrossEntropy, IsWhatPyTorchComputes) {
  for (const double smoothing : {0.0, 0.1}) {
    const Case c = make_case(11, 8, 23, at::kDouble, true, true);
    const Case expected = in_double(c);

    const at::Tensor loss = sum_of(c, {.label_smoothing = smoothing});
    const at::Tensor expected_loss =
        at::cross_entropy_loss(at::linear(expected.hidden, expected.weight, expected.bias),
                               expected.targets, {}, at::Reduction::Sum, -100, smoothing);
    loss.backward();
    expected_loss.backward();

    EXPECT_LE(distance(loss, expected_loss), 1e-14);
    expect_gradients(c, expected, 1e-13);
  }
}

TEST(LinearCrossEntropy, AddsTheZLossAndCapsAsTheirFormulasSay) {
  // Logits 1 and 3: logsumexp 3.126928011042972.
  const Case c{at::full({1, 1}, 1.0, at::kDouble), at::tensor({1.0, 3.0}, at::kDouble).view({2, 1}),
               at::Tensor(), at::zeros({1}, at::kLong)};

  EXPECT_NEAR(sum_of(c).item().toDouble(), 2.126928011042972, 1e-14);
  EXPECT_NEAR(sum_of(c, {.z_loss = 0.5}).item().toDouble(),
              2.126928011042972 + 0.5 * 3.126928011042972 * 3.126928011042972, 1e-13);
  // 2 tanh(1/2) = 0.924234314520019, 2 tanh(3/2) = 1.810296507289733.
  EXPECT_NEAR(sum_of(c, {.softcap = 2.0}).item().toDouble(),
              std::log(1.0 + std::exp(1.810296507289733 - 0.924234314520019)), 1e-12);
}

TEST(LinearCrossEntropy, HasTheGradientOfItsValue) {
  const Case c = make_case(5, 3, 7, at::kDouble, true, true);
  CrossEntropyOptions options = all_options();
  options.chunk_rows = 2;

  EXPECT_TRUE(gradcheck(
      [&](const Tensors& in) {
        return linear_cross_entropy(in[0], in[1], in[2], c.targets, options);
      },
      {c.hidden, c.weight, c.bias}));
  EXPECT_TRUE(gradcheck(
      [&](const Tensors& in) {
        return linear_cross_entropy_per_token(in[0], in[1], in[2], c.targets, options);
      },
      {c.hidden, c.weight, c.bias}));
}

TEST(LinearCrossEntropy, MakesOnlyTheGradientsThatAreAskedFor) {
  const Case c = make_case(5, 3, 7, at::kDouble, false, true);
  const Tensors all{c.hidden, c.weight, c.bias};
  for (int asked = 0; asked < 7; ++asked) {
    Tensors inputs;
    for (int i = 0; i < 3; ++i) {
      inputs.push_back((asked >> i & 1) != 0 ? all[i] : all[i].detach());
    }
    if (asked == 0) {
      EXPECT_FALSE(
          linear_cross_entropy(inputs[0], inputs[1], inputs[2], c.targets).requires_grad());
      continue;
    }
    SCOPED_TRACE(asked);
    EXPECT_TRUE(gradcheck(
        [&](const Tensors& in) { return linear_cross_entropy(in[0], in[1], in[2], c.targets); },
        inputs));
    EXPECT_TRUE(gradcheck(
        [&](const Tensors& in) {
          return linear_cross_entropy_per_token(in[0], in[1], in[2], c.targets);
        },
        inputs));
  }
}

TEST(LinearCrossEntropy, MultipliesItsGradientsByWhatComesIn) {
  const Case once = make_case(5, 4, 9, at::kFloat);
  const Case scaled = make_case(5, 4, 9, at::kFloat);

  sum_of(once).backward();
  (sum_of(scaled) / 8.0).backward();

  EXPECT_TRUE(is_same(scaled.hidden.grad(), once.hidden.grad() / 8.0));
  EXPECT_TRUE(is_same(scaled.weight.grad(), once.weight.grad() / 8.0));
}

TEST(LinearCrossEntropy, LeavesIgnoredTokensOut) {
  const Case c = make_case(7, 4, 9, at::kFloat, true);
  sum_of(c).backward();

  EXPECT_EQ(c.hidden.grad()[1].abs().sum().item().toDouble(), 0.0);
  EXPECT_EQ(c.hidden.grad()[4].abs().sum().item().toDouble(), 0.0);
  EXPECT_GT(c.hidden.grad()[0].abs().sum().item().toDouble(), 0.0);
  // A padding token may be one of the vocabulary.
  Case padded = make_case(7, 4, 9, at::kFloat, true);
  padded.targets = padded.targets.masked_fill(padded.targets == -100, 3);
  const Case kept = make_case(7, 4, 9, at::kFloat);
  EXPECT_FALSE(at::equal(sum_of(padded), sum_of(kept)));
  const at::Tensor losses = per_token_of(padded, {.ignore_index = 3});
  EXPECT_EQ(losses[1].item().toDouble(), 0.0);
}

TEST(LinearCrossEntropy, IsZeroWhereNothingCounts) {
  for (const std::int64_t tokens : {0, 3}) {
    Case c = make_case(tokens, 4, 9, at::kFloat, false, true);
    c.targets.fill_(-100);

    const at::Tensor loss = sum_of(c);
    loss.backward();

    EXPECT_EQ(loss.item().toDouble(), 0.0);
    EXPECT_TRUE(is_same(c.hidden.grad(), at::zeros({tokens, 4})));
    EXPECT_TRUE(is_same(c.weight.grad(), at::zeros({9, 4})));
    EXPECT_TRUE(is_same(c.bias.grad(), at::zeros({9})));
    const at::Tensor losses = per_token_of(c);
    losses.sum().backward();
    EXPECT_TRUE(is_same(losses.detach(), at::zeros({tokens})));
  }
}

TEST(LinearCrossEntropy, NamesATargetOutsideTheVocabulary) {
  for (const std::int64_t wrong : {9, -1}) {
    const Case c = make_case(5, 4, 9, at::kFloat);
    c.targets.mutable_data_ptr<std::int64_t>()[3] = wrong;

    EXPECT_THAT([&] { sum_of(c); },
                ThrowsMessage<Error>(AllOf(HasSubstr("less than the vocabulary's 9"),
                                           HasSubstr(cat("that of token 3 is ", wrong)))));
    EXPECT_THROW(per_token_of(c), Error);
  }
}

TEST(LinearCrossEntropy, RefusesWhatItCannotDifferentiate) {
  const Case c = make_case(5, 4, 9, at::kFloat);
  const at::Tensor loss = sum_of(c);

  EXPECT_THAT([&] { loss.backward({}, /*retain_graph=*/true, /*create_graph=*/true); },
              ThrowsMessage<std::exception>(HasSubstr("no second derivative")));
  loss.backward({}, /*retain_graph=*/true);
  EXPECT_THAT([&] { loss.backward(); },
              ThrowsMessage<std::exception>(HasSubstr("can't run again")));
}

TEST(LinearCrossEntropy, AccumulatesABfloat16WeightsGradientInFloat32) {
  const Case c = make_case(64, 8, 33, at::kBFloat16);
  const Case into = make_case(64, 8, 33, at::kBFloat16);
  const at::Tensor buffer = at::zeros({33, 8});

  sum_of(c, {.chunk_rows = 2}).backward();
  linear_cross_entropy(into.hidden, into.weight, {}, into.targets, {.chunk_rows = 2},
                       {.into = buffer});

  EXPECT_LE(distance(buffer, c.weight.grad()), 2e-3);
  EXPECT_TRUE(is_same(c.weight.grad(), buffer.to(at::kBFloat16)));
}

TEST(LinearCrossEntropyInto, AddsToTheGradientWhileTheLossIsComputed) {
  const Case expected = make_case(7, 4, 9, at::kFloat, true);
  (sum_of(expected) * 0.25).backward();
  const Case c = make_case(7, 4, 9, at::kFloat, true);
  const at::Tensor into = at::full({9, 4}, 2.0);

  const at::Tensor loss = linear_cross_entropy(c.hidden, c.weight, {}, c.targets, {.chunk_rows = 2},
                                               {.into = into, .scale = 0.25});

  EXPECT_LE(distance(into - 2.0, expected.weight.grad()), 1e-5);
  loss.backward(at::full({}, 0.25));
  EXPECT_LE(distance(c.hidden.grad(), expected.hidden.grad()), 1e-6);
  EXPECT_FALSE(c.weight.grad().defined());
}

TEST(LinearCrossEntropyInto, WritesOverWhatIsThereIfAsked) {
  const Case c = make_case(7, 4, 9, at::kFloat);
  const at::Tensor added = at::zeros({9, 4});
  const at::Tensor written = at::full({9, 4}, std::numeric_limits<double>::quiet_NaN());

  linear_cross_entropy(c.hidden, c.weight, {}, c.targets, {.chunk_rows = 2}, {.into = added});
  linear_cross_entropy(c.hidden, c.weight, {}, c.targets, {.chunk_rows = 2},
                       {.into = written, .add = false});
  EXPECT_TRUE(is_same(written, added));

  const at::Tensor ignored = at::full({7}, -100, at::kLong);
  linear_cross_entropy(c.hidden, c.weight, {}, ignored, {}, {.into = written, .add = false});
  EXPECT_TRUE(is_same(written, at::zeros({9, 4})));
}

TEST(LinearCrossEntropyInto, DoesNotNeedAWeightThatRequiresAGradient) {
  const Case expected = make_case(7, 4, 9, at::kFloat);
  sum_of(expected).backward();
  const Case c = make_case(7, 4, 9, at::kFloat);
  const at::Tensor into = at::zeros({9, 4});

  linear_cross_entropy(c.hidden, c.weight.detach(), {}, c.targets, {}, {.into = into}).backward();

  EXPECT_LE(distance(into, expected.weight.grad()), 1e-6);
  EXPECT_LE(distance(c.hidden.grad(), expected.hidden.grad()), 1e-6);
}

TEST(LinearCrossEntropyInto, LeavesTheGradientAloneWhereNoneAreRecorded) {
  const Case c = make_case(7, 4, 9, at::kFloat);
  const at::Tensor into = at::zeros({9, 4});
  const at::NoGradGuard no_grad;

  linear_cross_entropy(c.hidden, c.weight, {}, c.targets, {}, {.into = into});

  EXPECT_TRUE(is_same(into, at::zeros({9, 4})));
}

TEST(LinearCrossEntropyInto, RefusesABackwardPassOfAnotherScale) {
  const Case c = make_case(7, 4, 9, at::kFloat);
  const at::Tensor loss = linear_cross_entropy(c.hidden, c.weight, {}, c.targets, {},
                                               {.into = at::zeros({9, 4}), .scale = 0.5});

  EXPECT_THAT([&] { loss.backward(); },
              ThrowsMessage<std::exception>(HasSubstr("a backward pass of 0.5, but it is 1")));
}

TEST(LinearCrossEntropy, GivesTheSameBitsOnOneThreadAndOnTwo) {
  const int before = at::get_num_threads();
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    std::vector<Case> cases;
    Tensors losses;
    for (const int threads : {1, 2, 2}) {
      at::set_num_threads(threads);
      cases.push_back(make_case(33, 16, 515, dtype, true));
      losses.push_back(sum_of(cases.back(), {.chunk_rows = 8}));
      losses.back().backward();
    }
    at::set_num_threads(before);
    for (const int other : {1, 2}) {
      EXPECT_TRUE(is_same(losses[other].detach(), losses[0].detach()));
      EXPECT_TRUE(is_same(cases[other].hidden.grad(), cases[0].hidden.grad()));
      EXPECT_TRUE(is_same(cases[other].weight.grad(), cases[0].weight.grad()));
    }
  }
}

TEST(LinearCrossEntropy, HoldsAChunkOfLogitsAndNoMore) {
  constexpr std::size_t kLogits = 512UL * 3072 * 4;
  constexpr std::size_t kChunk = 40UL * 3072 * 4;
  constexpr std::size_t kGradients = (512UL + 3072) * 16 * 4;
  const Case c = make_case(512, 16, 3072, at::kFloat);
  const auto peak_of = [&](const auto& loss) {
    const CountedMemory memory;
    at::Tensor(loss()).backward();
    return memory.peak();
  };

  const CrossEntropyOptions options{.chunk_rows = 40};
  EXPECT_LT(peak_of([&] { return sum_of(c, options); }), kChunk + kGradients + kChunk / 4);
  EXPECT_LT(peak_of([&] { return per_token_of(c, options).sum(); }),
            kChunk + kGradients + kChunk / 4);
  EXPECT_GT(peak_of([&] { return reference_of(c, options).sum(); }), 2 * kLogits);
}

}  // namespace
}  // namespace roux::ops
