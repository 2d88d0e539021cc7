// Saving and loading a run of 481 MB, in the current folder: how long training stands still, how
// fast the disk gets it beside what `dd` reaches, and how fast it comes back.
#include <ATen/ops/empty_like.h>
#include <ATen/ops/rand.h>
#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/checkpoint/checkpoint_store.h"

namespace roux {
namespace {

namespace fs = std::filesystem;

// A model and AdamW's two moments.
const CheckpointContents& contents() {
  static const CheckpointContents contents = [] {
    CheckpointContents made;
    for (int layer = 0; layer < 12; ++layer) {
      for (const char* matrix : {"q", "k", "v", "o", "gate"}) {
        const std::string name = cat("layers.", layer, ".", matrix, ".weight");
        for (const std::string& path : {"model/" + name, "optimizer/" + name + "/exp_avg",
                                        "optimizer/" + name + "/exp_avg_sq"}) {
          made.tensors.push_back({path, at::rand({870, 768})});
        }
      }
    }
    made.texts["trainer/state.json"] = "{}";
    return made;
  }();
  return contents;
}

std::int64_t total_bytes() {
  std::size_t bytes = 0;
  for (const auto& tensor : contents().tensors) bytes += tensor.value.nbytes();
  return static_cast<std::int64_t>(bytes);
}

std::vector<CheckpointValue> targets() {
  std::vector<CheckpointValue> targets;
  for (const auto& tensor : contents().tensors) {
    targets.push_back({tensor.name, at::empty_like(tensor.value).zero_()});
  }
  return targets;
}

template <typename F>
double seconds_of(const F& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * total_bytes());
}

// What training waits for.
void BM_SavePause(benchmark::State& state) {
  const TemporaryFolder folder{fs::path(".")};
  CheckpointStore store(folder.path(), {.keep_last_n = 1});
  std::int64_t step = 0;
  store.save(step++, contents());  // the staging memory is new to the process
  for ([[maybe_unused]] auto each : state) {
    store.finish();
    state.SetIterationTime(seconds_of([&] { store.save(step++, contents()); }));
  }
  count_bytes(state);
}
BENCHMARK(BM_SavePause)->UseManualTime()->Iterations(10)->Unit(benchmark::kMillisecond);

// The same bytes from memory to memory that is warm, with as many threads as there are cores.
void BM_Memcpy(benchmark::State& state) {
  const auto all = targets();
  for ([[maybe_unused]] auto each : state) {
    state.SetIterationTime(seconds_of([&] {
      std::vector<std::jthread> threads;
      const std::size_t count = std::thread::hardware_concurrency();
      for (std::size_t thread = 0; thread < count; ++thread) {
        threads.emplace_back([&, thread] {
          for (std::size_t i = thread; i < all.size(); i += count) {
            std::memcpy(all[i].value.mutable_data_ptr(),
                        contents().tensors[i].value.const_data_ptr(), all[i].value.nbytes());
          }
        });
      }
    }));
  }
  count_bytes(state);
}
BENCHMARK(BM_Memcpy)->UseManualTime()->Iterations(10)->Unit(benchmark::kMillisecond);

// From what was staged to what is durable, and `dd` of as many bytes, by turns. Neither pays for
// the removal of the other's.
void BM_WriteBesideDd(benchmark::State& state) {
  const TemporaryFolder folder{fs::path(".")};
  CheckpointStore store(folder.path() / "checkpoints", {});
  const fs::path file = folder.path() / "dd";
  const std::string dd =
      cat("dd if=/dev/zero of=", file.string(), " bs=16M iflag=count_bytes count=", total_bytes(),
          " conv=fsync 2>/dev/null");
  std::int64_t step = 0;
  std::vector<double> by_dd;
  std::vector<double> by_store;
  for ([[maybe_unused]] auto each : state) {
    ::sync();
    by_dd.push_back(seconds_of([&] {
      if (::system(dd.c_str()) != 0) state.SkipWithError("dd failed");
    }));
    fs::remove(file);
    store.save(step, contents());
    store.finish();  // the first one's memory is new
    fs::remove_all(folder.path() / "checkpoints" / cat("step_", step));
    ::sync();
    const double seconds = seconds_of([&] {
      store.save(++step, contents());
      store.finish();
    });
    fs::remove_all(folder.path() / "checkpoints" / cat("step_", step));
    state.SetIterationTime(seconds);
    by_store.push_back(seconds);
  }
  count_bytes(state);
  std::ranges::sort(by_dd);
  std::ranges::sort(by_store);
  state.counters["dd best ms"] = by_dd.front() * 1e3;
  state.counters["best ms"] = by_store.front() * 1e3;
  state.counters["times dd, medians"] = by_dd[by_dd.size() / 2] / by_store[by_store.size() / 2];
  state.counters["times dd, bests"] = by_dd.front() / by_store.front();
}
BENCHMARK(BM_WriteBesideDd)->UseManualTime()->Iterations(7)->Unit(benchmark::kMillisecond);

const Checkpoint& saved() {
  static const TemporaryFolder folder{fs::path(".")};
  static const Checkpoint checkpoint = [] {
    CheckpointStore store(folder.path(), {});
    store.save(1, contents());
    store.finish();
    return store.at(1);
  }();
  return checkpoint;
}

// Each byte is checked on the way. The system still has the files in memory.
void BM_Load(benchmark::State& state) {
  const auto all = targets();
  saved();
  for ([[maybe_unused]] auto each : state) saved().read(all);
  count_bytes(state);
}
BENCHMARK(BM_Load)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Verify(benchmark::State& state) {
  saved();
  for ([[maybe_unused]] auto each : state) saved().verify();
  count_bytes(state);
}
BENCHMARK(BM_Verify)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace roux
