#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "base/crc32c.h"
#include "roux/base/checksum.h"
#include "roux/base/log.h"
#include "roux/base/random.h"
#include "roux/base/thread_pool.h"

namespace roux {
namespace {

void crc32c_of_bytes(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{7});
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc32c_of_bytes)->Arg(64)->Arg(4 << 10)->Arg(1 << 20)->Arg(256 << 20);

void crc32c_by_table(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{7});
  for (auto _ : state) benchmark::DoNotOptimize(crc32c_internal::extend_by_table(0, bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc32c_by_table)->Arg(1 << 20);

void random_bits(benchmark::State& state) {
  RandomStream stream(1, "bench");
  for (auto _ : state) benchmark::DoNotOptimize(stream());
}
BENCHMARK(random_bits);

void random_normal(benchmark::State& state) {
  RandomStream stream(1, "bench");
  for (auto _ : state) benchmark::DoNotOptimize(stream.normal());
}
BENCHMARK(random_normal);

void log_below_the_level(benchmark::State& state) {
  for (auto _ : state) log_debug("step ", 3, " took ", 0.5);
}
BENCHMARK(log_below_the_level);

void parallel_for_of_nothing(benchmark::State& state) {
  ThreadPool pool;
  for (auto _ : state) pool.parallel_for(0, 8, 1, [](std::int64_t, std::int64_t) {});
}
BENCHMARK(parallel_for_of_nothing);

}  // namespace
}  // namespace roux
