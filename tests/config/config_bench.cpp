#include <benchmark/benchmark.h>

#include <string>

#include "config/example_config.h"
#include "roux/config/dump.h"

namespace roux::config {
namespace {

using example::Components;
using example::Config;

// A file of the usual size: every key of the example, with its doc.
const std::string& usual_file() {
  static const std::string text = [] {
    const Config config;
    return dump_toml(config_type<Config>(), &config, Components());
  }();
  return text;
}

void load_a_config(benchmark::State& state) {
  for (auto step : state) {
    benchmark::DoNotOptimize(
        load_config(config_type<Config>(), {example::file(usual_file())}, Components()));
  }
}
BENCHMARK(load_a_config)->Unit(benchmark::kMicrosecond);

void dump_a_config(benchmark::State& state) {
  const Config config;
  for (auto step : state) {
    benchmark::DoNotOptimize(dump_toml(config_type<Config>(), &config, Components()));
  }
}
BENCHMARK(dump_a_config)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace roux::config
