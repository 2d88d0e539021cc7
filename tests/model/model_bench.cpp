// Loading and saving the weights of a model of 120 million parameters: 481 MB of float32.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/rand.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/model/safetensors_tensors.h"
#include "roux/model/safetensors_writer.h"

namespace roux {
namespace {

struct Named {
  std::string name;
  at::Tensor tensor;
};

const std::vector<Named>& weights() {
  static const std::vector<Named> weights = [] {
    std::vector<Named> made;
    for (int layer = 0; layer < 17; ++layer) {
      const auto add = [&](const char* name, at::IntArrayRef shape) {
        made.push_back({cat("layers.", layer, ".", name), at::rand(shape)});
      };
      add("qkv", {2304, 768});
      add("o", {768, 768});
      add("gate_up", {4096, 768});
      add("down", {768, 2048});
      add("n1", {768});
      add("n2", {768});
    }
    return made;
  }();
  return weights;
}

std::int64_t total_bytes() {
  std::size_t bytes = 0;
  for (const auto& each : weights()) bytes += each.tensor.nbytes();
  return static_cast<std::int64_t>(bytes);
}

std::vector<TensorSource> sources() {
  std::vector<TensorSource> sources;
  for (const auto& each : weights()) sources.push_back(source_of(each.name, each.tensor));
  return sources;
}

const std::filesystem::path& file() {
  static const TemporaryFolder folder{std::filesystem::path(".")};
  static const std::filesystem::path file = [] {
    write_safetensors(folder.path() / "model.safetensors", sources());
    return folder.path() / "model.safetensors";
  }();
  return file;
}

// So that the next reader gets it from the disk.
void forget(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY);
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  ::close(descriptor);
}

// Into tensors that are there, as a model's are, or into new ones.
void load(benchmark::State& state, bool cold, bool fresh, at::ScalarType type) {
  const auto& path = file();
  std::vector<TensorRead> reads;
  for (const auto& each : weights()) {
    reads.push_back({each.name, at::rand(each.tensor.sizes()).to(type)});
  }
  for (auto step : state) {
    state.PauseTiming();
    if (cold) forget(path);
    state.ResumeTiming();
    const SafetensorsReader reader(path);
    if (fresh) {
      for (auto& read : reads) read.target = at::empty_like(read.target);
    }
    read_tensors(reader, reads);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * total_bytes());
}

void save(benchmark::State& state) {
  const TemporaryFolder folder{std::filesystem::path(".")};
  for (auto step : state) write_safetensors(folder.path() / "model.safetensors", sources());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * total_bytes());
}

void add(benchmark::internal::Benchmark* bench) {
  bench->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(5);
}

BENCHMARK_CAPTURE(load, warm, false, false, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(load, warm_into_new, false, true, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(load, warm_as_bfloat16, false, false, at::kBFloat16)->Apply(add);
BENCHMARK_CAPTURE(load, cold, true, false, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(load, cold_into_new, true, true, at::kFloat)->Apply(add);
BENCHMARK_CAPTURE(load, cold_as_bfloat16, true, false, at::kBFloat16)->Apply(add);
BENCHMARK(save)->Apply(add);

}  // namespace
}  // namespace roux
