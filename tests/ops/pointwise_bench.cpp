// Norm, rotation, activation, embedding and dropout, forward and backward: ours, its reference in
// plain ATen, and ATen's own fused operation where it has one. The three take turns, so that all
// see the same weather; the counters are the least microseconds of each, and their ratios.
// OMP_NUM_THREADS=1 measures the processor's time.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <limits>
#include <vector>

#include "ops/reference.h"
#include "roux/ops/activation.h"
#include "roux/ops/dropout.h"
#include "roux/ops/embedding.h"
#include "roux/ops/norm.h"
#include "roux/ops/rotary.h"

namespace roux::ops {
namespace {

using Tensors = std::vector<at::Tensor>;
using Operation = std::function<at::Tensor(const Tensors&)>;

struct Contest {
  std::function<Tensors(at::ScalarType)> inputs;
  Operation ours;
  Operation reference;
  Operation aten;  // may be empty
};

at::Tensor numbers(at::IntArrayRef sizes, at::ScalarType dtype) {
  return at::randn(sizes).to(dtype).set_requires_grad(true);
}

// On one thread the processor's time, which other programs' work doesn't lengthen.
double now_in_microseconds() {
  if (at::get_num_threads() == 1) return 1e6 * double(std::clock()) / double(CLOCKS_PER_SEC);
  const std::chrono::duration<double, std::micro> now =
      std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}

double microseconds(const Operation& operation, const Tensors& inputs, const at::Tensor& gradient) {
  for (const auto& input : inputs) input.mutable_grad().reset();
  const double begin = now_in_microseconds();
  operation(inputs).backward(gradient);
  return now_in_microseconds() - begin;
}

void run(benchmark::State& state, const Contest& contest, at::ScalarType dtype) {
  const Tensors inputs = contest.inputs(dtype);
  const at::Tensor gradient = at::randn(contest.ours(inputs).sizes()).to(dtype);
  double ours = std::numeric_limits<double>::infinity();
  double reference = ours;
  double aten = ours;
  for (auto _ : state) {
    ours = std::min(ours, microseconds(contest.ours, inputs, gradient));
    reference = std::min(reference, microseconds(contest.reference, inputs, gradient));
    if (contest.aten) aten = std::min(aten, microseconds(contest.aten, inputs, gradient));
  }
  state.counters["ours_us"] = ours;
  state.counters["over_reference"] = reference / ours;
  if (contest.aten) state.counters["over_aten"] = aten / ours;
}

constexpr std::int64_t kTokens = 2048;

std::function<Tensors(at::ScalarType)> rows(std::int64_t dim, int vectors, int matrices = 1) {
  return [=](at::ScalarType dtype) {
    Tensors inputs;
    for (int i = 0; i < matrices; ++i) inputs.push_back(numbers({kTokens, dim}, dtype));
    for (int i = 0; i < vectors; ++i) inputs.push_back(numbers({dim}, dtype));
    return inputs;
  };
}

void add(const char* name, const Contest& contest) {
  for (const auto dtype : {at::kFloat, at::kBFloat16}) {
    const std::string full = std::string(name) + (dtype == at::kFloat ? "/float32" : "/bfloat16");
    benchmark::RegisterBenchmark(full.c_str(), [=](benchmark::State& state) {
      run(state, contest, dtype);
    })->UseRealTime();
  }
}

void add_norms() {
  for (const std::int64_t dim : {288, 2048}) {
    const std::string size = "/" + std::to_string(dim);
    add(("rms_norm" + size).c_str(),
        {rows(dim, 1), [](const Tensors& in) { return rms_norm(in[0], in[1], 1e-5); },
         [](const Tensors& in) { return reference::rms_norm(in[0], in[1], 1e-5, 0.0); },
         [dim](const Tensors& in) { return at::rms_norm(in[0], {dim}, in[1], 1e-5); }});
    add(("layer_norm" + size).c_str(),
        {rows(dim, 2), [](const Tensors& in) { return layer_norm(in[0], in[1], in[2], 1e-5); },
         [](const Tensors& in) { return reference::layer_norm(in[0], in[1], in[2], 1e-5); },
         [dim](const Tensors& in) { return at::layer_norm(in[0], {dim}, in[1], in[2], 1e-5); }});
  }
}

void add_activations() {
  const auto gating = [](const char* name, Activation activation) {
    add(name, {rows(768, 0, 2),
               [=](const Tensors& in) { return gated(in[0], in[1], activation); },
               [=](const Tensors& in) { return reference::gated(in[0], in[1], activation); },
               {}});
  };
  gating("gated_silu", Activation::Silu);
  gating("gated_gelu_tanh", Activation::GeluTanh);
  const auto alone = [](const char* name, Activation activation) {
    add(name, {rows(3072, 0),
               [=](const Tensors& in) { return activate(in[0], activation); },
               [=](const Tensors& in) { return reference::activate(in[0], activation); },
               {}});
  };
  alone("silu", Activation::Silu);
  alone("gelu", Activation::Gelu);
  alone("gelu_tanh", Activation::GeluTanh);
  alone("relu", Activation::Relu);
}

void add_others() {
  const Rotation rotation = make_rotation(at::arange(kTokens, at::TensorOptions(at::kLong)),
                                          rotary_frequencies(48, 10000.0, {}, kTokens));
  add("rotate", {[](at::ScalarType dtype) {
                   return Tensors{numbers({kTokens, 6, 48}, dtype)};
                 },
                 [=](const Tensors& in) { return rotate(in[0], rotation); },
                 [=](const Tensors& in) { return reference::rotate(in[0], rotation); },
                 {}});
  const at::Tensor ids = at::randint(32000, {kTokens}, at::TensorOptions(at::kLong));
  add("embedding", {[](at::ScalarType dtype) {
                      return Tensors{numbers({32000, 288}, dtype)};
                    },
                    [=](const Tensors& in) { return ops::embedding(in[0], ids); },
                    [=](const Tensors& in) { return at::embedding(in[0], ids); },
                    {}});
  const RandomStream stream(1, "bench");
  add("dropout", {rows(288, 0), [=](const Tensors& in) { return ops::dropout(in[0], 0.1, stream); },
                  [=](const Tensors& in) { return reference::dropout(in[0], 0.1, stream, 0); },
                  [](const Tensors& in) { return at::dropout(in[0], 0.1, /*train=*/true); }});
}

const bool added = [] {
  add_norms();
  add_activations();
  add_others();
  return true;
}();

}  // namespace
}  // namespace roux::ops
