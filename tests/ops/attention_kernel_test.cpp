#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "ops/level_override.h"
#include "roux/base/error.h"
#include "roux/ops/attention.h"
#include "support/counted_memory.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;

AttentionLayout documents(const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> ends(lengths.size() + 1, 0);
  std::partial_sum(lengths.begin(), lengths.end(), ends.begin() + 1);
  return AttentionLayout::packed(ends);
}

struct Case {
  std::string what;
  std::int64_t query_rows, key_rows, heads, key_heads, head_dim, value_dim;
  AttentionLayout layout;
  AttentionOptions options;
  bool by_kernels = true;  // where not, the reference computes it at every level
};

class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

// The result, and the gradients of q, k and v from a fixed gradient of the result.
Tensors run(const Case& given, const Tensors& inputs) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(leaf(input));
  const at::Tensor out = attention(leaves[0], leaves[1], leaves[2], given.layout, given.options);
  const at::Tensor slope = random_tensor(out.sizes(), 4, at::kFloat).to(at::kBFloat16);
  out.backward(slope.to(out.scalar_type()));
  Tensors all{out.detach()};
  for (const at::Tensor& each : leaves) all.push_back(each.grad());
  return all;
}

// At every level of this CPU, results and gradients are those of the same numbers in float64, which
// the reference computes, and the kernels' bits are the same on one thread and on two.
void expect_match(const Case& given) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    // The backward starts from a result that is rounded to bfloat16.
    const Tolerance tolerance = dtype == at::kFloat
                                    ? Tolerance{.absolute = 4e-6, .relative = 2e-6}
                                    : Tolerance{.absolute = 1e-2, .relative = 1.6e-2};
    const Tensors inputs{
        random_tensor({given.query_rows, given.heads, given.head_dim}, 1).to(dtype),
        random_tensor({given.key_rows, given.key_heads, given.head_dim}, 2).to(dtype),
        random_tensor({given.key_rows, given.key_heads, given.value_dim}, 3).to(dtype)};
    Tensors wide;
    for (const at::Tensor& input : inputs) wide.push_back(input.to(at::kDouble));
    const Tensors expected = run(given, wide);
    for (const CpuLevel level : levels_of_this_cpu()) {
      SCOPED_TRACE(cat(given.what, ", ", name_of(dtype), ", ", to_string(level)));
      const LevelOverride at_level(level);
      const Threads two(2);
      const Tensors actual = run(given, inputs);
      for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_EQ(actual[i].scalar_type(), dtype);
        EXPECT_TRUE(is_close(actual[i].to(at::kDouble), expected[i], tolerance)) << "number " << i;
      }
      if (level == CpuLevel::Reference || !given.by_kernels) continue;
      const Threads one(1);
      const Tensors again = run(given, inputs);
      for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_TRUE(is_same(again[i], actual[i])) << "number " << i << " on one thread";
      }
    }
  }
}

TEST(AttentionKernels, TakeAnyShape) {
  expect_match({"one token", 1, 1, 1, 1, 1, 1, documents({1}), {}});
  expect_match({"odd sizes", 13, 13, 3, 3, 5, 7, documents({4, 1, 8}), {}});
  expect_match({"a head of 48", 70, 70, 2, 2, 48, 48, documents({70}), {}});
  expect_match({"a head of 80", 40, 40, 2, 1, 80, 33, documents({17, 23}), {}});
  expect_match({"a wide value", 20, 20, 1, 1, 17, 130, documents({20}), {}});
  expect_match({"grouped by 7", 33, 33, 7, 1, 16, 16, documents({33}), {}});
  expect_match({"grouped by 2", 150, 150, 4, 2, 24, 24, documents({120, 30}), {}});
}

TEST(AttentionKernels, TakeAnyLayout) {
  expect_match({"no text", 3, 3, 1, 1, 8, 8, documents({}), {}});
  expect_match({"empty texts", 5, 5, 2, 1, 8, 8, documents({0, 2, 0, 3, 0}), {}});
  expect_match({"all padding",
                6,
                6,
                1,
                1,
                8,
                8,
                AttentionLayout::padded(std::vector<std::int64_t>{0, 0}, 3),
                {}});
  expect_match({"padding on the left",
                60,
                60,
                2,
                2,
                16,
                16,
                AttentionLayout::padded(std::vector<std::int64_t>{7, 20, 0}, 20, PaddingSide::Left),
                {}});
  expect_match(
      {"gaps", 50, 90, 2, 1, 16, 16, AttentionLayout({{3, 10, 20, 10}, {20, 20, 40, 50}}), {}});
  expect_match({"keys that two texts share",
                12,
                30,
                2,
                1,
                16,
                16,
                AttentionLayout({{0, 6, 0, 20}, {6, 6, 10, 20}}),
                {},
                /*by_kernels=*/false});
}

TEST(AttentionKernels, TakeSeveralBlocksOfKeys) {
  expect_match({"two blocks of the forward", 300, 300, 1, 1, 32, 32, documents({300}), {}});
  expect_match({"three chunks of the backward", 600, 600, 1, 1, 24, 16, documents({600}), {}});
  expect_match({"long and short", 700, 700, 2, 1, 16, 16, documents({5, 520, 1, 174}), {}});
  expect_match({"not causal", 530, 530, 1, 1, 16, 16, documents({530}), {.causal = false}});
}

TEST(AttentionKernels, KnowWindowsAndCaps) {
  expect_match({"a window of 1", 40, 40, 1, 1, 16, 16, documents({40}), {.window = 1}});
  expect_match({"a window of 7", 320, 320, 1, 1, 16, 16, documents({320}), {.window = 7}});
  expect_match({"a window of 100", 600, 600, 2, 1, 16, 16, documents({600}), {.window = 100}});
  expect_match({"a window beyond", 40, 40, 1, 1, 16, 16, documents({40}), {.window = 1000}});
  expect_match({"capped", 90, 90, 2, 1, 16, 16, documents({90}), {.softcap = 1.5}});
  expect_match({"capped in a window",
                200,
                200,
                1,
                1,
                16,
                16,
                documents({200}),
                {.scale = 0.9, .window = 33, .softcap = 0.5}});
}

TEST(AttentionKernels, LookAtACache) {
  const AttentionLayout one({{0, 1, 3, 300}});
  expect_match({"one query", 1, 303, 4, 4, 48, 48, one, {}});
  expect_match({"one query of groups", 1, 303, 14, 2, 20, 33, one, {}});
  expect_match({"in a window", 1, 303, 2, 1, 16, 16, one, {.window = 21}});
  expect_match({"capped", 1, 303, 2, 1, 16, 16, one, {.softcap = 0.8}});
  expect_match(
      {"a batch of unequal caches",
       4,
       600,
       2,
       2,
       16,
       16,
       AttentionLayout({{0, 1, 0, 200}, {1, 1, 200, 17}, {2, 1, 220, 1}, {3, 1, 230, 370}}),
       {}});
  expect_match(
      {"three queries", 3, 200, 2, 2, 16, 16, AttentionLayout({{0, 3, 0, 200}}), {.window = 50}});
  expect_match({"many queries", 40, 200, 2, 2, 16, 16, AttentionLayout({{0, 40, 0, 200}}), {}});
  expect_match(
      {"not causal", 2, 100, 2, 1, 16, 16, AttentionLayout({{0, 2, 0, 100}}), {.causal = false}});
}

TEST(AttentionKernels, ReadViewsOfAFusedProjection) {
  for (const CpuLevel level : levels_of_this_cpu()) {
    const LevelOverride at_level(level);
    const at::Tensor fused = random_tensor({50, 6, 24}, 1, at::kFloat);
    const auto layout = documents({20, 30});
    const auto split = [&](const at::Tensor& all) {
      return attention(all.narrow(1, 0, 4), all.narrow(1, 4, 1), all.narrow(1, 5, 1), layout);
    };

    const at::Tensor out =
        attention(fused.narrow(1, 0, 4).contiguous(), fused.narrow(1, 4, 1).contiguous(),
                  fused.narrow(1, 5, 1).contiguous(), layout);

    EXPECT_TRUE(is_same(split(fused), out));
    // The last dimension apart.
    EXPECT_TRUE(is_same(split(fused.transpose(1, 2).contiguous().transpose(1, 2)), out));
  }
}

TEST(AttentionKernels, StayFiniteWhereProductsAreLarge) {
  const at::Tensor x = random_tensor({80, 2, 16}, 1, at::kFloat) * 300.0;
  for (const CpuLevel level : levels_of_this_cpu()) {
    const LevelOverride at_level(level);
    const at::Tensor input = leaf(x);

    const at::Tensor out = attention(input, input, input, documents({80}));
    out.sum().backward();

    EXPECT_TRUE(out.isfinite().all().item().toBool());
    EXPECT_TRUE(input.grad().isfinite().all().item().toBool());
  }
}

TEST(AttentionKernels, PassANumberThatIsNoneOn) {
  for (const CpuLevel level : levels_of_this_cpu()) {
    const LevelOverride at_level(level);
    const at::Tensor k = random_tensor({64, 1, 16}, 1, at::kFloat);
    const at::Tensor q = random_tensor({64, 1, 16}, 2, at::kFloat);
    k[40][0][3] = std::numeric_limits<float>::quiet_NaN();

    const at::Tensor out = attention(q, k, q, documents({64}));
    const at::Tensor last = attention(q.narrow(0, 63, 1), k, q, AttentionLayout({{0, 1, 0, 64}}));

    EXPECT_TRUE(out.narrow(0, 0, 40).isfinite().all().item().toBool()) << to_string(level);
    EXPECT_TRUE(out.narrow(0, 40, 24).isnan().all().item().toBool()) << to_string(level);
    EXPECT_TRUE(last.isnan().all().item().toBool()) << to_string(level);
  }
}

TEST(AttentionKernels, AreATensForALongText) {
  const at::NoGradGuard no_grad;
  const at::Tensor qkv = random_tensor({3, 1, 1, 4096, 32}, 1, at::kFloat);
  const auto rows = [&](std::int64_t i) { return qkv[i][0].transpose(0, 1); };

  const at::Tensor expected =
      at::scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], {}, 0.0, /*is_causal=*/true);

  EXPECT_TRUE(is_close(attention(rows(0), rows(1), rows(2), documents({4096})),
                       expected[0].transpose(0, 1), {.absolute = 1e-5, .relative = 1e-5}));
}

TEST(AttentionKernels, GiveOnlyTheGradientsThatAreAskedFor) {
  const at::Tensor x = random_tensor({30, 1, 16}, 1, at::kFloat);
  const at::Tensor v = leaf(x);

  attention(x, x, v, documents({30})).sum().backward();

  EXPECT_NEAR(v.grad().sum().item().toDouble(), 30.0 * 16.0, 1e-3);
}

TEST(AttentionKernels, HoldNoMatrixOfAllPairs) {
  constexpr std::int64_t kLength = 4096;
  if (cpu_level() == CpuLevel::Reference) GTEST_SKIP() << "no kernels on this CPU";
  const auto layout = documents({kLength});
  Tensors inputs;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    inputs.push_back(leaf(random_tensor({kLength, 1, 16}, seed, at::kFloat)));
  }
  std::size_t peak = 0;
  {
    const CountedMemory memory;
    attention(inputs[0], inputs[1], inputs[2], layout).sum().backward();
    peak = memory.peak();
    for (const at::Tensor& input : inputs) input.mutable_grad().reset();
  }

  EXPECT_GT(peak, sizeof(float) * kLength * 16);
  EXPECT_LT(peak, sizeof(float) * kLength * kLength / 8);
}

}  // namespace
}  // namespace roux::ops
