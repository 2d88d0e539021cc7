// A step's forward and backward pass, and what lies between them, by what is kept: the Llama shapes
// of docs/benchmarks.md. model_bench --benchmark_filter=step
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "roux/model/model_family.h"
#include "roux/nn/activation_checkpointing.h"
#include "roux/nn/flat_parameters.h"
#include "support/counted_memory.h"

namespace roux {
namespace {

struct Shape {
  std::int64_t dim;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t inner;
  std::int64_t length;
  std::int64_t texts;
};
constexpr Shape kSmall{288, 6, 6, 768, 256, 8};
constexpr Shape kLarge{768, 12, 12, 2048, 512, 2};

enum class Mode { Off, Selective, Layerwise };

struct Model {
  Model(const Shape& shape, Mode mode, at::ScalarType dtype)
      : model(ModelFamilies::standard().get("llama").create("", {settings(shape)})) {
    if (mode == Mode::Selective) nn::checkpoint_selectively(model->blocks());
    if (mode == Mode::Layerwise) nn::checkpoint_blocks(model->blocks());
    flat = std::make_unique<nn::FlatParameters>(*model);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "model"));
    if (dtype != at::kFloat) flat->compute_in(dtype);
    flat->allocate_gradients();
    std::vector<std::int64_t> ends;
    for (std::int64_t i = 0; i <= shape.texts; ++i) ends.push_back(i * shape.length);
    batch =
        nn::TokenBatch::packed(at::randint(32'000, {shape.texts * shape.length}, at::kLong), ends);
    targets = next_token_targets(batch);
  }

  static config::RawTable settings(const Shape& shape) {
    config::RawTable settings;
    auto& table = *settings.value.as<config::Table>();
    const auto set = [&](const char* key, config::Value value) {
      table.set(key, std::move(value));
    };
    const auto number = [](std::int64_t value) { return config::Value(value, config::Place()); };
    set("vocab_size", number(32'000));
    set("model_dim", number(shape.dim));
    set("num_layers", number(shape.layers));
    set("num_attn_heads", number(shape.heads));
    set("num_key_value_heads", number(shape.heads));
    set("ffn_inner_dim", number(shape.inner));
    set("tied_embeddings", config::Value(true, config::Place()));
    return settings;
  }

  at::Tensor loss() const { return model->loss(batch, targets, {}, HeadGradient::WithLoss).sum; }

  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<nn::FlatParameters> flat;
  nn::TokenBatch batch;
  at::Tensor targets;
};

struct Cost {
  double seconds = std::numeric_limits<double>::infinity();  // of the quickest step
  double kept = 0.0;                                         // MB, between the passes
  double peak = 0.0;
};

double seconds_of(const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The ways take turns, so that what else the machine does falls on all of them.
void step(benchmark::State& state, Shape shape, at::ScalarType dtype) {
  const std::map<std::string, Mode> modes = {
      {"off", Mode::Off}, {"selective", Mode::Selective}, {"layerwise", Mode::Layerwise}};
  std::map<std::string, std::unique_ptr<Model>> models;
  std::map<std::string, Cost> costs;
  for (const auto& [name, mode] : modes) {
    models[name] = std::make_unique<Model>(shape, mode, dtype);
    models[name]->loss().backward();
    const CountedMemory memory;
    const at::Tensor loss = models[name]->loss();
    costs[name].kept = static_cast<double>(memory.held()) / 1e6;
    loss.backward();
    costs[name].peak = static_cast<double>(memory.peak()) / 1e6;
  }
  for (auto each : state) {
    for (const auto& [name, model] : models) {
      const double seconds = seconds_of([&model = *model] { model.loss().backward(); });
      costs[name].seconds = std::min(costs[name].seconds, seconds);
    }
  }
  for (const auto& [name, cost] : costs) {
    state.counters[name + "_s"] = cost.seconds;
    state.counters[name + "_kept_mb"] = cost.kept;
    state.counters[name + "_peak_mb"] = cost.peak;
  }
}

void add(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);
}

BENCHMARK_CAPTURE(step, small_float32, kSmall, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, small_bfloat16, kSmall, at::kBFloat16)->Apply(add);
BENCHMARK_CAPTURE(step, large_float32, kLarge, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, large_bfloat16, kLarge, at::kBFloat16)->Apply(add);

}  // namespace
}  // namespace roux
