// Attention beside ATen's scaled_dot_product_attention, in turn, so that both see the same weather.
// The least of all rounds counts.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "roux/ops/attention.h"

namespace roux::ops {
namespace {

template <typename Function>
void time_least(double& least, const Function& function) {
  const auto begin = std::chrono::steady_clock::now();
  function();
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
  least = std::min(least, taken.count());
}

template <typename Ours, typename Theirs>
void compare(benchmark::State& state, const Ours& ours, const Theirs& theirs) {
  double our_least = std::numeric_limits<double>::infinity();
  double their_least = std::numeric_limits<double>::infinity();
  for (auto round : state) {
    time_least(our_least, ours);
    time_least(their_least, theirs);
  }
  state.counters["ms"] = our_least;
  state.counters["aten_ms"] = their_least;
  state.counters["times_faster"] = their_least / our_least;
}

AttentionLayout equal_documents(std::int64_t count, std::int64_t length) {
  std::vector<std::int64_t> ends;
  for (std::int64_t i = 0; i <= count; ++i) ends.push_back(i * length);
  return AttentionLayout::packed(ends);
}

struct Shape {
  at::ScalarType dtype;
  std::int64_t batch, heads, length, dim;
};

// q, k and v as views of one projection, with gradients, and a gradient of the result.
struct Training {
  explicit Training(const Shape& shape)
      : fused(at::randn({shape.batch * shape.length, 3 * shape.heads, shape.dim}).to(shape.dtype)),
        slope(at::randn({shape.batch * shape.length, shape.heads, shape.dim}).to(shape.dtype)) {
    for (std::int64_t i = 0; i < 3; ++i) {
      parts.push_back(fused.narrow(1, i * shape.heads, shape.heads).set_requires_grad(true));
    }
  }

  void ours(const AttentionLayout& layout) {
    attention(parts[0], parts[1], parts[2], layout).backward(slope);
    clear();
  }

  void theirs(std::int64_t batch, const at::Tensor& mask) {
    const auto rows = [&](const at::Tensor& x) {
      return x.unflatten(0, {batch, x.size(0) / batch}).transpose(1, 2);
    };
    const auto given = mask.defined() ? std::optional(mask) : std::nullopt;
    at::scaled_dot_product_attention(rows(parts[0]), rows(parts[1]), rows(parts[2]), given, 0.0,
                                     /*is_causal=*/!mask.defined())
        .backward(rows(slope));
    clear();
  }

  void clear() {
    for (at::Tensor& part : parts) part.mutable_grad().reset();
  }

  at::Tensor fused, slope;
  std::vector<at::Tensor> parts;
};

void train(benchmark::State& state, const Shape& shape) {
  Training training(shape);
  const AttentionLayout layout = equal_documents(shape.batch, shape.length);
  compare(
      state, [&] { training.ours(layout); }, [&] { training.theirs(shape.batch, {}); });
}

// Short documents packed into one row, which ATen takes with a mask of all pairs.
void train_packed(benchmark::State& state, const Shape& shape) {
  Training training(shape);
  const AttentionLayout layout = equal_documents(shape.batch, shape.length);
  const at::Tensor row = at::arange(shape.batch * shape.length, at::kLong);
  const at::Tensor document = row.floor_divide(shape.length);
  const at::Tensor mask = (document.unsqueeze(1) == document.unsqueeze(0))
                              .logical_and(row.unsqueeze(1) >= row.unsqueeze(0));
  compare(
      state, [&] { training.ours(layout); }, [&] { training.theirs(1, mask); });
}

// One query a text, and `length` keys.
void decode(benchmark::State& state, const Shape& shape) {
  const at::NoGradGuard no_grad;
  const at::Tensor q = at::randn({shape.batch, shape.heads, shape.dim}).to(shape.dtype);
  const at::Tensor k =
      at::randn({shape.batch * shape.length, shape.heads, shape.dim}).to(shape.dtype);
  const at::Tensor v = at::randn(k.sizes()).to(shape.dtype);
  std::vector<AttentionSpan> spans;
  for (std::int64_t i = 0; i < shape.batch; ++i) {
    spans.push_back({i, 1, i * shape.length, shape.length});
  }
  const AttentionLayout layout(spans);
  const auto rows = [&](const at::Tensor& x) {
    return x.unflatten(0, {shape.batch, x.size(0) / shape.batch}).transpose(1, 2);
  };
  at::Tensor out;
  compare(
      state, [&] { out = attention(q, k, v, layout); },
      [&] { out = at::scaled_dot_product_attention(rows(q), rows(k), rows(v)); });
  const auto bytes = static_cast<double>(k.nbytes() + v.nbytes());
  state.counters["GB_per_s"] = bytes / state.counters["ms"] * 1e-6;
}

#define ROUX_SHAPES(function, name, ...)                                          \
  BENCHMARK_CAPTURE(function, float32 / name, Shape{at::kFloat, __VA_ARGS__})     \
      ->Iterations(20)                                                            \
      ->Unit(benchmark::kMillisecond);                                            \
  BENCHMARK_CAPTURE(function, bfloat16 / name, Shape{at::kBFloat16, __VA_ARGS__}) \
      ->Iterations(20)                                                            \
      ->Unit(benchmark::kMillisecond)

ROUX_SHAPES(train, 8 texts of 256 6 heads of 48, 8, 6, 256, 48);
ROUX_SHAPES(train, 2 texts of 512 12 heads of 64, 2, 12, 512, 64);
ROUX_SHAPES(train, 1 text of 2048 12 heads of 64, 1, 12, 2048, 64);
ROUX_SHAPES(train, 1 text of 8192 1 head of 64, 1, 1, 8192, 64);
ROUX_SHAPES(train, 1 text of 2048 4 heads of 128, 1, 4, 2048, 128);
ROUX_SHAPES(train_packed, 16 texts of 128 6 heads of 48, 16, 6, 128, 48);
ROUX_SHAPES(decode, 1 cache of 2048 12 heads of 64, 1, 12, 2048, 64);
ROUX_SHAPES(decode, 16 caches of 2048 12 heads of 64, 16, 12, 2048, 64);

}  // namespace
}  // namespace roux::ops
