// The last projection with its cross-entropy, forward and backward, beside its three products alone
// and beside plain ATen. Google Benchmark runs one after the other; on a noisy machine compare with
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <benchmark/benchmark.h>

#include <cmath>

#include "ops/matmul_into.h"
#include "roux/ops/linear_cross_entropy.h"

namespace roux::ops {
namespace {

struct Setting {
  at::Tensor hidden;
  at::Tensor weight;
  at::Tensor targets;
};

// tokens, dim, vocabulary, bfloat16 or not, percent of the targets that count.
Setting make(const benchmark::State& state) {
  const auto dtype = state.range(3) != 0 ? at::kBFloat16 : at::kFloat;
  const at::Tensor weight =
      at::randn({state.range(2), state.range(1)}) / std::sqrt(double(state.range(1)));
  const at::Tensor targets = at::randint(state.range(2), {state.range(0)}, at::kLong);
  targets.narrow(0, 0, state.range(0) * (100 - state.range(4)) / 100).fill_(-100);
  return {at::randn({state.range(0), state.range(1)}).to(dtype).set_requires_grad(true),
          weight.to(dtype).set_requires_grad(true), targets};
}

void its_products(benchmark::State& state) {
  const Setting s = make(state);
  const at::Tensor hidden = s.hidden.detach();
  const at::Tensor weight = s.weight.detach();
  const at::Tensor logits = at::empty({hidden.size(0), weight.size(0)});
  const at::Tensor gradient = (at::randn(logits.sizes()) * 0.01).to(hidden.scalar_type());
  const at::Tensor of_hidden = at::empty(hidden.sizes());
  const at::Tensor of_weight = at::empty(weight.sizes());
  for (auto _ : state) {
    matmul_into(logits, hidden, weight.t(), 0.0);
    matmul_into(of_hidden, gradient, weight, 0.0);
    matmul_into(of_weight, gradient.t(), hidden, 0.0);
  }
}

void plain_aten(benchmark::State& state) {
  const Setting s = make(state);
  for (auto _ : state) {
    s.hidden.mutable_grad().reset();
    s.weight.mutable_grad().reset();
    at::cross_entropy_loss(at::linear(s.hidden, s.weight).to(at::kFloat), s.targets, {},
                           at::Reduction::Sum)
        .backward();
  }
}

void chunked(benchmark::State& state) {
  const Setting s = make(state);
  for (auto _ : state) {
    s.hidden.mutable_grad().reset();
    s.weight.mutable_grad().reset();
    linear_cross_entropy(s.hidden, s.weight, {}, s.targets, CrossEntropyOptions{}).backward();
  }
}

void chunked_into(benchmark::State& state) {
  const Setting s = make(state);
  const at::Tensor into = at::zeros(s.weight.sizes());
  for (auto _ : state) {
    s.hidden.mutable_grad().reset();
    linear_cross_entropy(s.hidden, s.weight, {}, s.targets, {}, {.into = into}).backward();
  }
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
  bench->ArgNames({"tokens", "dim", "vocabulary", "bfloat16", "counted"});
  for (const int bfloat16 : {0, 1}) {
    bench->Args({2048, 288, 32000, bfloat16, 100});
    bench->Args({1024, 768, 32000, bfloat16, 100});
  }
}

void with_a_long_prompt(benchmark::internal::Benchmark* bench) {
  shapes(bench);
  bench->Args({2048, 288, 32000, 0, 25});
}

BENCHMARK(its_products)->Apply(shapes);
BENCHMARK(plain_aten)->Apply(shapes);
BENCHMARK(chunked)->Apply(with_a_long_prompt);
BENCHMARK(chunked_into)->Apply(shapes);

}  // namespace
}  // namespace roux::ops
