#include "roux/ops/keeping.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "roux/base/error.h"
#include "roux/ops/activation.h"
#include "roux/ops/attention.h"
#include "roux/ops/dropout.h"
#include "roux/ops/linear.h"
#include "roux/ops/norm.h"
#include "roux/ops/rotary.h"
#include "support/tensors.h"

namespace roux::ops {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRows = 40;
constexpr std::int64_t kDim = 32;

// What a host has, and how much of it is taken.
class CountedHost final : public std::pmr::memory_resource {
 public:
  std::size_t held = 0;
  int blocks = 0;  // ever taken

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    held += bytes;
    ++blocks;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    held -= bytes;
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

// y = 2 x, which can be made again; counts how often it is.
struct Doubling {
  int runs = 0;

  at::Tensor operator()(const at::Tensor& x) {
    at::Tensor y = x * 2.0;
    offer(y, {x}, [this](const variable_list& inputs) {
      ++runs;
      return inputs[0] * 2.0;
    });
    return y;
  }
};

// Whether a tensor's memory is still there.
class Watched {
 public:
  explicit Watched(const at::Tensor& x) : memory_(x.storage().getWeakStorageImpl()) {}
  bool is_there() const { return !memory_.expired(); }

 private:
  c10::weak_intrusive_ptr<c10::StorageImpl> memory_;
};

struct Weights {
  explicit Weights(at::ScalarType dtype) {
    const auto weight = [&](at::IntArrayRef sizes) {
      return leaf((random_tensor(sizes, 1 + all.size()) * 0.3).to(dtype));
    };
    for (int i = 0; i < 6; ++i) all.push_back(weight({kDim, kDim}));
    for (int i = 0; i < 4; ++i) all.push_back(weight({kDim}));
    all.push_back(weight({8}));
  }
  const at::Tensor& operator[](std::size_t i) const { return all[i]; }

  std::vector<at::Tensor> all;
};

// All operations that keep or offer something, each as models use it: norms with several readers,
// heads that are normalised and turned, an activation and a gate, dropout behind an activation.
at::Tensor net(const at::Tensor& x, const Weights& w) {
  const std::array<std::int64_t, 3> ends = {0, 15, kRows};
  const at::Tensor positions = at::arange(kRows);
  const Rotation rotation = make_rotation(positions, rotary_frequencies(8, 10'000.0, {}, 0));
  const at::Tensor normed = rms_norm(x, w[6], 1e-5, 1.0);
  const auto heads = [&](const at::Tensor& projected) {
    return projected.view({kRows, kDim / 8, 8});
  };
  const auto turned = [&](const at::Tensor& weight) {
    return rotate(rms_norm(heads(ops::linear(normed, weight)), w[10], 1e-5), rotation);
  };
  const at::Tensor mixed = attention(turned(w[0]), turned(w[1]), heads(ops::linear(normed, w[2])),
                                     AttentionLayout::packed(ends));
  const at::Tensor between = x + ops::linear(mixed.flatten(1), w[3]);
  const at::Tensor again = layer_norm(between, w[7], w[8], 1e-5);
  const at::Tensor gate = ops::linear(again, w[4], w[9]);
  const at::Tensor up = ops::linear(again, w[5]);
  const at::Tensor product = dropout(gated(gate, up, Activation::Silu), 0.25, RandomStream(1, "a"));
  return ops::linear(activate(ops::linear(product, w[0]), Activation::GeluTanh), w[1]);
}

struct Pass {
  at::Tensor y;
  std::vector<at::Tensor> gradients;
};

Pass run(const Keeping& keeping, at::ScalarType dtype, int times = 1) {
  const Weights weights(dtype);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 99).to(dtype));
  Pass pass;
  {
    const KeepingGuard guard(keeping);
    pass.y = net(x * 1.0, weights);
  }
  const at::Tensor incoming = random_tensor({kRows, kDim}, 100).to(dtype);
  for (int i = 1; i <= times; ++i) pass.y.backward(incoming, /*retain_graph=*/i < times);
  pass.gradients.push_back(x.grad());
  for (const at::Tensor& each : weights.all) pass.gradients.push_back(each.grad());
  return pass;
}

TEST(Keeping, ChangesNoBit) {
  const auto host = std::make_shared<CountedHost>();
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const Pass expected = run({}, dtype);
    for (const Keeping& keeping :
         {Keeping{.remake = true}, Keeping{.host = host}, Keeping{.remake = true, .host = host}}) {
      const Pass actual = run(keeping, dtype);

      EXPECT_TRUE(is_same(actual.y, expected.y));
      for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
        ASSERT_TRUE(expected.gradients[i].defined()) << i;
        EXPECT_TRUE(is_same(actual.gradients[i], expected.gradients[i])) << dtype << " " << i;
      }
    }
  }
}

TEST(Keeping, LastsForASecondBackwardPassWhereTheGraphIsRetained) {
  const auto host = std::make_shared<CountedHost>();
  const Pass expected = run({}, at::kFloat, 2);
  const Pass actual = run({.remake = true, .host = host}, at::kFloat, 2);

  for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
    EXPECT_TRUE(is_same(actual.gradients[i], expected.gradients[i])) << i;
  }
}

TEST(Keeping, RefusesASecondBackwardPassWhereItIsNot) {
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  at::Tensor y;
  {
    const KeepingGuard guard({.remake = true});
    y = net(x, weights).sum();
  }
  y.backward();

  EXPECT_ANY_THROW(y.backward());
}

TEST(Remaking, IsDoneOnceForAllWhoReadIt) {
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  Doubling doubling;
  at::Tensor sum;
  {
    const KeepingGuard guard({.remake = true});
    const at::Tensor y = doubling(x);
    sum = (ops::linear(y, weights[0]) + ops::linear(y, weights[1]) + ops::linear(y, weights[2]))
              .sum();
  }

  sum.backward({}, /*retain_graph=*/true);
  EXPECT_EQ(doubling.runs, 1);
  sum.backward();
  EXPECT_EQ(doubling.runs, 2);
}

TEST(Remaking, KeepsNoOutputOfANorm) {
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  const auto is_kept = [&](const Keeping& keeping) {
    const KeepingGuard guard(keeping);
    std::optional<Watched> watched;
    at::Tensor y;
    {
      const at::Tensor normed = rms_norm(x, weights[6], 1e-5);
      watched.emplace(normed);
      y = ops::linear(normed, weights[0]);
    }
    return watched->is_there();
  };

  EXPECT_TRUE(is_kept({}));
  EXPECT_FALSE(is_kept({.remake = true}));
}

TEST(Remaking, GoesThroughARotationOfWhatCanBeMadeAgainAlone) {
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, 4, 8}, 1, at::kFloat));
  const Rotation rotation =
      make_rotation(at::arange(kRows), rotary_frequencies(8, 10'000.0, {}, 0));
  const auto is_kept = [&](bool normed) {
    const KeepingGuard guard({.remake = true});
    const at::Tensor heads = normed ? rms_norm(x, weights[10], 1e-5) : x * 1.0;
    at::Tensor turned = rotate(heads, rotation);
    const Watched watched(turned);
    const at::Tensor y = ops::linear(turned.flatten(1), weights[0]);
    turned.reset();
    return watched.is_there();
  };

  EXPECT_FALSE(is_kept(true));
  EXPECT_TRUE(is_kept(false));
}

TEST(Remaking, KeepsAnOutputThatHasBeenWrittenTo) {
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  const auto gradient = [&](const Keeping& keeping) {
    const KeepingGuard guard(keeping);
    weights[0].mutable_grad() = at::Tensor();
    at::Tensor y = rms_norm(x, weights[6], 1e-5);
    {
      const at::NoGradGuard no_gradients;
      y.add_(1.0);
    }
    ops::linear(y, weights[0]).sum().backward();
    return weights[0].grad();
  };

  EXPECT_TRUE(is_same(gradient({.remake = true}), gradient({})));
}

TEST(Linear, KeepsNoInputForAFrozenWeight) {
  const at::Tensor weight = random_tensor({kDim, kDim}, 1, at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 2, at::kFloat));
  at::Tensor scaled = x * 2.0;
  const Watched watched(scaled);

  const at::Tensor y = ops::linear(scaled, weight);
  scaled.reset();

  EXPECT_FALSE(watched.is_there());
  y.sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

TEST(Offloading, ReleasesWhatIsKeptBetweenThePasses) {
  const auto host = std::make_shared<CountedHost>();
  const Weights weights(at::kFloat);
  const at::Tensor x = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  const auto bytes = static_cast<std::size_t>(kRows * kDim) * sizeof(float);
  at::Tensor y;
  std::vector<Watched> watched;
  {
    const KeepingGuard guard({.host = host});
    const at::Tensor a = x * 1.0;
    const at::Tensor gate = ops::linear(a, weights[0]);
    const at::Tensor up = ops::linear(a, weights[1]);
    for (const at::Tensor& each : {a, gate, up}) watched.emplace_back(each);
    y = gated(gate, up, Activation::Silu).sum();
  }

  for (const Watched& each : watched) EXPECT_FALSE(each.is_there());
  // `a` once, though two read it.
  EXPECT_EQ(host->held, 3 * bytes);
  y.backward();
  EXPECT_EQ(host->held, 0U);
}

TEST(Offloading, TakesTheMemoryOfAllViewsOnce) {
  const auto host = std::make_shared<CountedHost>();
  const at::Tensor x = leaf(random_tensor({kRows, 3 * kDim}, 1, at::kFloat));
  const at::Tensor y = leaf(random_tensor({kRows, 3 * kDim}, 1, at::kFloat));
  const std::array<std::int64_t, 2> ends = {0, kRows};
  const auto attend = [&](const at::Tensor& fused) {
    const auto part = [&](std::int64_t i) {
      return fused.narrow(1, i * kDim, kDim).view({kRows, 4, 8});
    };
    return attention(part(0), part(1), part(2), AttentionLayout::packed(ends)).sum();
  };

  attend(x * 1.0).backward();
  at::Tensor sum;
  {
    const KeepingGuard guard({.host = host});
    sum = attend(y * 1.0);
  }
  EXPECT_EQ(host->blocks, 2);  // the fused projection and the result
  sum.backward();

  EXPECT_TRUE(is_same(y.grad(), x.grad()));
}

TEST(Offloading, LeavesParametersWhereTheyAre) {
  const auto host = std::make_shared<CountedHost>();
  const Weights weights(at::kFloat);
  const at::Tensor embedded = leaf(random_tensor({kRows, kDim}, 1, at::kFloat));
  const KeepingGuard guard({.host = host});

  const at::Tensor y = ops::linear(embedded, weights[0]);

  EXPECT_EQ(host->blocks, 0);
}

TEST(Offloading, CopiesNothingWithoutGradients) {
  const auto host = std::make_shared<CountedHost>();
  const Weights weights(at::kFloat);
  const KeepingGuard guard({.host = host});
  const at::NoGradGuard no_gradients;

  net(random_tensor({kRows, kDim}, 1, at::kFloat), weights);

  EXPECT_EQ(host->blocks, 0);
}

TEST(KeepingGuard, AddsToTheGuardsAroundIt) {
  const auto host = std::make_shared<CountedHost>();
  EXPECT_FALSE(remakes());
  {
    const KeepingGuard outer({.remake = true});
    const KeepingGuard inner({.host = host});
    EXPECT_TRUE(remakes());
  }
  EXPECT_FALSE(remakes());
}

}  // namespace
}  // namespace roux::ops
