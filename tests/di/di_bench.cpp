// What the container costs: resolving a built singleton (to stay under 100 ns), and sealing a graph
// of 500 components (under 10 ms).
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>

#include "roux/base/error.h"
#include "roux/di/container.h"

namespace roux {
namespace {

using di::All;
using di::Container;
using di::Keyed;
using di::Lazy;

struct Clock {
  int time = 0;
};

// 500 components: a chain of parts, and pieces that the config chose and that ask for three parts
// each. Few of them are types of their own: it is the container that is measured, not the compiler.
constexpr int kParts = 50;
constexpr int kPieces = 450;

template <int kNumber>
struct Part {};

struct Piece {};
struct PieceConfig {};

}  // namespace

template <>
struct di::ComponentConfig<PieceConfig> {
  static const void* schema() { return nullptr; }
};

namespace {

// Each part asks for up to three that come before it, in different forms.
template <int kNumber>
void provide_part(Container& container) {
  if constexpr (kNumber == 0) {
    container.provide<Part<0>>([] { return Part<0>(); });
  } else {
    container.provide<Part<kNumber>>(
        [](Part<kNumber - 1>&, const Part<kNumber / 2>&, std::shared_ptr<Part<kNumber / 3>>) {
          return Part<kNumber>();
        });
  }
}

template <int... kNumbers>
void provide_parts(Container& container, std::integer_sequence<int, kNumbers...>) {
  (provide_part<kNumbers>(container), ...);
}

void register_all(Container& container) {
  provide_parts(container, std::make_integer_sequence<int, kParts>());
  container.section<All<Piece>>("pieces");
  for (int i = 0; i < kPieces; ++i) {
    const std::string name = cat("piece_", i);
    container.component<Piece>(name,
                               [](const PieceConfig&, Part<kParts - 1>&, const Part<kParts / 2>&,
                                  std::shared_ptr<Part<kParts / 3>>) { return Piece(); });
    container.choose("pieces", name, std::make_shared<PieceConfig>());
  }
}

Container with_clocks_among_many() {
  Container container;
  register_all(container);
  container.provide<Clock>([] { return Clock(); });
  container.provide<Keyed<Clock, "a name of some length">>([] { return Clock(); });
  container.seal();
  return container;
}

void get_singleton(benchmark::State& state) {
  const Container container = with_clocks_among_many();
  for (auto _ : state) benchmark::DoNotOptimize(&container.get<Clock>());
}
BENCHMARK(get_singleton);

void get_keyed_singleton(benchmark::State& state) {
  const Container container = with_clocks_among_many();
  using Named = Keyed<Clock, "a name of some length">;
  for (auto _ : state) benchmark::DoNotOptimize(&container.get<Named>());
}
BENCHMARK(get_keyed_singleton);

void use_lazy(benchmark::State& state) {
  const Container container = with_clocks_among_many();
  const Lazy<Clock> clock = container.lazy<Clock>();
  for (auto _ : state) benchmark::DoNotOptimize(&clock.get());
}
BENCHMARK(use_lazy);

void seal_500(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto container = std::make_unique<Container>();
    register_all(*container);
    state.ResumeTiming();

    container->seal();

    state.PauseTiming();
    container.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(seal_500)->Unit(benchmark::kMillisecond);

void register_500(benchmark::State& state) {
  for (auto _ : state) {
    Container container;
    register_all(container);
  }
}
BENCHMARK(register_500)->Unit(benchmark::kMillisecond);

void build_500(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto container = std::make_unique<Container>();
    register_all(*container);
    container->seal();
    state.ResumeTiming();

    benchmark::DoNotOptimize(container->all<Piece>().size());

    state.PauseTiming();
    container.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(build_500)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roux

BENCHMARK_MAIN();
