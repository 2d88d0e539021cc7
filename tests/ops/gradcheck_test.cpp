// The tests' own instrument, held to functions that are known to be right or wrong.
#include "support/gradcheck.h"

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "roux/base/error.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::HasSubstr;

using Tensors = std::vector<at::Tensor>;

at::Tensor numbers(at::IntArrayRef sizes, std::uint64_t seed = 1) {
  return random_tensor(sizes, seed).set_requires_grad(true);
}

at::Tensor product(const Tensors& in) {
  return in[0] * in[1];
}

TEST(Gradcheck, AgreesWithARightBackward) {
  EXPECT_TRUE(gradcheck(product, {numbers({2, 3}), numbers({2, 3}, 2)}));
  EXPECT_TRUE(gradcheck(product, {numbers({2, 3}), numbers({3}, 2)}));
  EXPECT_TRUE(gradcheck(product, {numbers({2, 3}).detach(), numbers({2, 3}, 2)}));
}

TEST(Gradcheck, ChecksEveryResult) {
  const TensorFunction two = [](const Tensors& in) {
    return Tensors{in[0].exp(), in[0] * in[0].detach()};
  };

  EXPECT_THAT(gradcheck(two, {numbers({4})}).message(), HasSubstr("the gradient of input 0"));
}

TEST(Gradcheck, CatchesAWrongBackward) {
  // x², whose derivative is taken for x.
  const auto wrong = [](const Tensors& in) { return in[0] * in[0].detach(); };

  const auto result = gradcheck(wrong, {numbers({2, 3})});

  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("the gradient of input 0 is not that of differences"));
}

TEST(Gradcheck, CatchesABackwardThatIsWrongInOneElement) {
  const auto wrong = [](const Tensors& in) {
    const at::Tensor x = in[0];
    at::Tensor lost = x.detach().clone();
    lost.narrow(0, 0, 2).zero_();
    return x.narrow(0, 0, 3).sum() * 2.0 - x.narrow(0, 2, 1).sum() * 2.0 + lost.sum() * 2.0;
  };

  EXPECT_THAT(gradcheck(wrong, {numbers({3})}).message(), HasSubstr("the worst, at [2], is 0"));
}

TEST(Gradcheck, CatchesAGradientThatIsLost) {
  const auto lost = [](const Tensors& in) { return in[0] * in[1].detach(); };

  EXPECT_THAT(gradcheck(lost, {numbers({3}), numbers({3}, 2)}).message(),
              HasSubstr("input 1 has no gradient"));
  const auto none = [](const Tensors& in) { return in[0].detach() * 2.0; };
  EXPECT_THAT(gradcheck(none, {numbers({3})}).message(), HasSubstr("no result depends"));
}

TEST(Gradcheck, CatchesAGradientThatNobodyAskedFor) {
  const auto eager = [](const Tensors& in) {
    at::Tensor constant = in[1];
    if (in[0].requires_grad()) constant.mutable_grad() = in[0].detach().clone();
    return in[0] * constant;
  };

  EXPECT_THAT(gradcheck(eager, {numbers({3}), numbers({3}, 2).detach()}).message(),
              HasSubstr("input 1 needs no gradient, but has one"));
}

TEST(Gradcheck, CatchesResultsThatDifferFromRunToRun) {
  int runs = 0;
  const auto drifting = [&](const Tensors& in) { return in[0] * (1.0 + 1e-12 * ++runs); };

  EXPECT_THAT(gradcheck(drifting, {numbers({3})}).message(), HasSubstr("differs from run to run"));
}

TEST(Gradcheck, LeavesItsInputsAlone) {
  const at::Tensor x = numbers({3});
  const at::Tensor before = x.detach().clone();

  EXPECT_TRUE(gradcheck([](const Tensors& in) { return in[0].exp(); }, {x, at::Tensor()}));

  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(is_same(x, before));
}

TEST(Gradcheck, WantsFloat64) {
  EXPECT_THROW(gradcheck([](const Tensors& in) { return in[0].exp(); },
                         {numbers({3}).detach().to(at::kFloat).set_requires_grad(true)}),
               InternalError);
}

TEST(IsClose, NamesTheWorstNumberAndItsPlace) {
  const at::Tensor expected = random_tensor({3, 4}, 1);
  const at::Tensor actual = expected.clone();
  actual[1][2] += 0.5;
  actual[2][3] += 0.25;

  const auto result = is_close(actual, expected, {.absolute = 1e-3});

  EXPECT_FALSE(result);
  EXPECT_THAT(result.message(), HasSubstr("2 of 12 numbers of float64 [3, 4] are too far off"));
  EXPECT_THAT(result.message(), HasSubstr("the worst, at [1, 2]"));
  EXPECT_TRUE(is_close(actual, expected, {.absolute = 0.6}));
}

TEST(IsClose, TakesANumberThatIsNoneForWrong) {
  const at::Tensor expected = random_tensor({3}, 1);
  const at::Tensor actual = expected.clone();
  actual[1] = std::numeric_limits<double>::quiet_NaN();

  EXPECT_FALSE(is_close(actual, expected, {.absolute = 1e9}));
  EXPECT_TRUE(is_close(actual, actual, {}));
  EXPECT_FALSE(is_same(actual, expected));
}

TEST(IsClose, ComparesShapesAndDtypesFirst) {
  const at::Tensor x = random_tensor({3}, 1);

  EXPECT_THAT(is_close(x.to(at::kFloat), x, {}).message(),
              HasSubstr("it is float32 [3], but should be float64 [3]"));
  EXPECT_FALSE(is_close(x.unsqueeze(0), x, {}));
  EXPECT_FALSE(is_close(at::Tensor(), x, {}));
  EXPECT_TRUE(is_same(at::Tensor(), at::Tensor()));
}

}  // namespace
}  // namespace roux
