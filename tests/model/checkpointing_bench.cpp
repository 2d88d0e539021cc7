// A step's forward and backward pass, and what lies between them, by what is kept: the Llama shapes
// of docs/benchmarks.md.
//
//   model_bench --benchmark_filter=step --benchmark_repetitions=5
//     --benchmark_enable_random_interleaving=true
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <benchmark/benchmark.h>

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

  at::Tensor loss() const { return model->loss(batch, targets).sum; }

  std::shared_ptr<LanguageModel> model;
  std::unique_ptr<nn::FlatParameters> flat;
  nn::TokenBatch batch;
  at::Tensor targets;
};

void step(benchmark::State& state, Shape shape, Mode mode, at::ScalarType dtype) {
  const Model model(shape, mode, dtype);
  model.loss().backward();
  {
    const CountedMemory memory;
    const at::Tensor loss = model.loss();
    state.counters["kept_mb"] = static_cast<double>(memory.held()) / 1e6;
    loss.backward();
    state.counters["peak_mb"] = static_cast<double>(memory.peak()) / 1e6;
  }
  for (auto each : state) model.loss().backward();
}

void add(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->UseRealTime()->MinTime(1.0);
}

BENCHMARK_CAPTURE(step, small_float32_off, kSmall, Mode::Off, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, small_float32_selective, kSmall, Mode::Selective, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, small_float32_layerwise, kSmall, Mode::Layerwise, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, small_bfloat16_off, kSmall, Mode::Off, at::kBFloat16)->Apply(add);
BENCHMARK_CAPTURE(step, small_bfloat16_selective, kSmall, Mode::Selective, at::kBFloat16)
    ->Apply(add);
BENCHMARK_CAPTURE(step, small_bfloat16_layerwise, kSmall, Mode::Layerwise, at::kBFloat16)
    ->Apply(add);
BENCHMARK_CAPTURE(step, large_float32_off, kLarge, Mode::Off, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, large_float32_selective, kLarge, Mode::Selective, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(step, large_float32_layerwise, kLarge, Mode::Layerwise, at::kFloat)->Apply(add);

}  // namespace
}  // namespace roux
