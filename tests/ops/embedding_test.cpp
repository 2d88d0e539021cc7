#include "roux/ops/embedding.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/kernel_check.h"
#include "ops/level_override.h"
#include "roux/base/error.h"
#include "roux/base/random.h"
#include "support/gradcheck.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using Tensors = std::vector<at::Tensor>;

at::Tensor ids_of(const std::vector<std::int64_t>& ids) {
  return at::tensor(ids, at::TensorOptions(at::kLong));
}

at::Tensor random_ids(std::int64_t count, std::uint64_t vocabulary) {
  RandomStream stream(1, "ids");
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < count; ++i) {
    ids.push_back(static_cast<std::int64_t>(stream.uniform_int(vocabulary)));
  }
  return ids_of(ids);
}

TensorFunction looking_up(const at::Tensor& ids) {
  return [ids](const Tensors& in) { return Tensors{ops::embedding(in[0], ids)}; };
}

at::Tensor table(std::int64_t rows, std::int64_t dim) {
  return random_tensor({rows, dim}, 1).set_requires_grad(true);
}

TEST(Embedding, IsATensReference) {
  const at::Tensor weight = random_tensor({6, 5}, 1);
  const at::Tensor ids = ids_of({3, 0, 3, 5});

  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16}) {
    EXPECT_TRUE(
        is_same(ops::embedding(weight.to(dtype), ids), at::embedding(weight.to(dtype), ids)));
  }
  EXPECT_TRUE(is_same(ops::embedding(weight, ids.to(at::kInt)), at::embedding(weight, ids)));
}

TEST(Embedding, HasTheGradientOfDifferences) {
  EXPECT_TRUE(gradcheck(looking_up(ids_of({3, 0, 3, 5})), {table(6, 5)}));
}

TEST(Embedding, AddsToTheGradientThatIsThere) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const at::Tensor ids = random_ids(500, 40);
    const at::Tensor incoming = random_tensor({500, 24}, 2).to(dtype);
    const at::Tensor their = table(40, 24);
    at::embedding(their, ids).backward(incoming.to(their.scalar_type()));

    const at::Tensor our = table(40, 24).detach().to(dtype).set_requires_grad(true);
    const at::Tensor gradient = at::ones({40, 24});
    our.mutable_grad() = gradient;
    ops::embedding(our, ids).backward(incoming);
    EXPECT_TRUE(our.grad().is_same(gradient));
    EXPECT_TRUE(
        at::allclose((gradient - 1.0).to(at::kDouble), their.grad().to(at::kDouble), 1e-5, 1e-4));
  }
}

TEST(Embedding, IsTheSameByKernels) {
  expect_kernels_match("a few", looking_up(ids_of({3, 0, 3, 5})), {table(6, 5)}, 4.0);
  expect_kernels_match("none", looking_up(ids_of({})), {table(6, 5)}, 4.0);
  expect_kernels_match("one", looking_up(ids_of({2})), {table(3, 1)}, 4.0);
  expect_kernels_match("many", looking_up(random_ids(999, 301)), {table(301, 67)}, 8.0);
  const auto shared = [](const Tensors& in) {  // as a tied table that was cut wider
    return Tensors{ops::embedding(in[0].narrow(1, 2, 20), ids_of({1, 1, 4}))};
  };
  expect_kernels_match("a slice", shared, {table(5, 24)}, 4.0);
}

TEST(Embedding, SumsManyRowsOfBFloat16InFloat32) {
  // 1000 times 1 in bfloat16 stops at 256.
  const at::Tensor weight = random_tensor({2, 3}, 1, at::kBFloat16).set_requires_grad(true);
  for (const CpuLevel level : levels_of_this_cpu()) {
    if (level == CpuLevel::Reference) continue;
    const LevelOverride override(level);
    const at::Tensor leaf_weight = leaf(weight);
    ops::embedding(leaf_weight, ids_of(std::vector<std::int64_t>(1000, 1))).sum().backward();

    EXPECT_EQ(leaf_weight.grad()[1][0].item<float>(), 1000.0F);
    EXPECT_EQ(leaf_weight.grad()[0][0].item<float>(), 0.0F);
  }
}

TEST(Embedding, NamesAnIdOutsideTheVocabularyAndItsPlace) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const at::Tensor weight = random_tensor({6, 5}, 1, dtype);

    EXPECT_THAT(
        [&] {
          ops::embedding(weight, ids_of({0, 5, 6}));
        },
        ThrowsMessage<Error>(
            HasSubstr("embedding: the id of token 2 must be in [0, 6), but is 6")));
    EXPECT_THAT(
        [&] {
          ops::embedding(weight, ids_of({0, -1}));
        },
        ThrowsMessage<Error>(HasSubstr("the id of token 1 must be in [0, 6), but is -1")));
  }
}

}  // namespace
}  // namespace roux::ops
