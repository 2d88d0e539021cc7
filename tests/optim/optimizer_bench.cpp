// A step of AdamW over 100 million float32 parameters, ours and ATen's fused one in turn, so that
// both see the same weather; the counters are the least milliseconds of each, their ratio, and
// the memory that ours moves in a second. Then what the others take, and the gradient's norm.
#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros_like.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "roux/nn/flat_parameters.h"
#include "roux/nn/module.h"
#include "roux/optim/gradient_norm.h"
#include "roux/optim/optimizers.h"

namespace roux {
namespace {

constexpr std::int64_t kColumns = 4096;
constexpr std::int64_t kRows = 100'000'000 / kColumns;

class OneMatrix final : public nn::Module {
 public:
  explicit OneMatrix(std::int64_t rows) {
    parameter(weight_, "weight", {rows, kColumns}, nn::Init::zeros());
  }

 private:
  at::Tensor weight_;
};

enum class Kind { Float32, Masters, BFloat16 };

// One parameter with gradients, laid out flat.
class Model {
 public:
  explicit Model(Kind kind, std::int64_t rows = kRows) : root_(rows) {
    if (kind == Kind::BFloat16) nn::set_dtype(root_, at::kBFloat16);
    parameters_ = std::make_unique<nn::FlatParameters>(root_);
    parameters_->materialise(at::kCPU);
    parameters_->groups().front().values.uniform_(-1.0, 1.0);
    if (kind == Kind::Masters) parameters_->compute_in(at::kBFloat16);
    parameters_->allocate_gradients();
    parameters_->groups().front().gradients.uniform_(-1.0, 1.0);
  }

  nn::FlatParameters& parameters() { return *parameters_; }

 private:
  OneMatrix root_;
  std::unique_ptr<nn::FlatParameters> parameters_;
};

double milliseconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

std::function<void()> stepping(Optimizer& optimizer) {
  return [&optimizer, number = std::int64_t{0}]() mutable {
    optimizer.step({.number = number++, .lrs = optimizer.base_lrs()});
  };
}

void adamw_beside_aten(benchmark::State& state) {
  Model model(Kind::Float32);
  const auto optimizer = make_adamw({.weight_decay = 0.1}, {.parameters = model.parameters()});
  const auto ours = stepping(*optimizer);

  const nn::FlatGroup& flat = model.parameters().groups().front();
  const std::vector<at::Tensor> values{flat.values.clone()};
  const std::vector<at::Tensor> gradients{flat.gradients};
  const std::vector<at::Tensor> means{at::zeros_like(values[0])};
  const std::vector<at::Tensor> squares{at::zeros_like(values[0])};
  const std::vector<at::Tensor> steps{at::ones({})};
  const auto aten = [&] {
    at::_fused_adamw_(values, gradients, means, squares, {}, steps, 1e-3, 0.9, 0.999, 0.1, 1e-8,
                      false, false);
  };
  ours();
  aten();
  double least_of_ours = std::numeric_limits<double>::infinity();
  double least_of_aten = least_of_ours;
  for (auto _ : state) {
    least_of_ours = std::min(least_of_ours, milliseconds(ours));
    least_of_aten = std::min(least_of_aten, milliseconds(aten));
  }
  state.counters["ours_ms"] = least_of_ours;
  state.counters["aten_ms"] = least_of_aten;
  state.counters["over_aten"] = least_of_aten / least_of_ours;
  state.counters["GB_a_second"] =
      28e-6 * static_cast<double>(kRows * kColumns) / least_of_ours;  // 4 read, 3 written
}
BENCHMARK(adamw_beside_aten)->UseRealTime()->Unit(benchmark::kMillisecond);

void norm_beside_aten(benchmark::State& state) {
  Model model(Kind::Float32);
  const at::Tensor gradients = model.parameters().groups().front().gradients;
  double least_of_ours = std::numeric_limits<double>::infinity();
  double least_of_aten = least_of_ours;
  for (auto _ : state) {
    least_of_ours = std::min(least_of_ours, milliseconds([&] {
                               benchmark::DoNotOptimize(gradient_norm(model.parameters()));
                             }));
    least_of_aten = std::min(least_of_aten, milliseconds([&] {
                               benchmark::DoNotOptimize(at::linalg_vector_norm(gradients, 2));
                             }));
  }
  state.counters["ours_ms"] = least_of_ours;
  state.counters["aten_ms"] = least_of_aten;
  state.counters["over_aten"] = least_of_aten / least_of_ours;
}
BENCHMARK(norm_beside_aten)->UseRealTime()->Unit(benchmark::kMillisecond);

// The least nanoseconds that a step takes a parameter, on all threads together.
void alone(const std::string& name, Kind kind, std::int64_t rows,
           const std::function<std::unique_ptr<Optimizer>(const OptimizerParts&)>& make) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [=](benchmark::State& state) {
                                 Model model(kind, rows);
                                 const auto optimizer = make({.parameters = model.parameters()});
                                 const auto step = stepping(*optimizer);
                                 step();
                                 double least = std::numeric_limits<double>::infinity();
                                 for (auto _ : state) least = std::min(least, milliseconds(step));
                                 state.counters["ns_a_parameter"] =
                                     least * 1e6 / static_cast<double>(rows * kColumns);
                               })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

const bool added = [] {
  const auto adamw = [](const OptimizerParts& parts) { return make_adamw({}, parts); };
  const std::int64_t rows = kRows / 4;
  alone("adamw/float32", Kind::Float32, rows, adamw);
  alone("adamw/masters", Kind::Masters, rows, adamw);
  alone("adamw/stochastic", Kind::BFloat16, rows, adamw);
  alone("adamw8bit/float32", Kind::Float32, rows,
        [](const OptimizerParts& parts) { return make_adamw8bit({}, parts); });
  alone("sgd/float32", Kind::Float32, rows,
        [](const OptimizerParts& parts) { return make_sgd({.momentum = 0.9}, parts); });
  alone("lion/float32", Kind::Float32, rows,
        [](const OptimizerParts& parts) { return make_lion({}, parts); });
  alone("adafactor/float32", Kind::Float32, rows,
        [](const OptimizerParts& parts) { return make_adafactor({}, parts); });
  alone("muon/float32", Kind::Float32, 1024, [](const OptimizerParts& parts) {
    return make_muon({.groups = {{.params = {"weight"}, .use_muon = true}}}, parts);
  });
  return true;
}();

}  // namespace
}  // namespace roux
