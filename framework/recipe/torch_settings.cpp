#include "recipe/torch_settings.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/csrc/api/include/torch/version.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "roux/config/sections/common.h"

namespace roux {
namespace {

// Processes on one host share its cores evenly, unless OMP_NUM_THREADS says otherwise.
int default_threads() {
  const char* processes = std::getenv("LOCAL_WORLD_SIZE");
  const int sharing = processes ? std::max(1, std::atoi(processes)) : 1;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / sharing);
}

// How tensors get their memory (docs/benchmarks.md has what it is worth). What the user's variables
// say stays.
void settle_memory() {
#if defined(__GLIBC__)
  // Large blocks that are freed stay with the process. glibc would give them back to the system at
  // once, and each step would fault in the pages of its tensors anew.
  constexpr int kLargest = 1 << 30;
  const auto set = [](const char* variable, int option, int value) {
    if (std::getenv(variable) == nullptr) mallopt(option, value);
  };
  set("MALLOC_MMAP_THRESHOLD_", M_MMAP_THRESHOLD, kLargest);
  set("MALLOC_TRIM_THRESHOLD_", M_TRIM_THRESHOLD, kLargest);
  set("MALLOC_TOP_PAD_", M_TOP_PAD, 64 << 20);
#endif
  // Pages of 2 MB for large tensors, where the system leaves it to programs to ask for them:
  // reading all weights for each token misses fewer translations. LibTorch looks at this when it
  // first allocates on the CPU.
  setenv("THP_MEM_ALLOC_ENABLE", "1", /*replace=*/0);
}

}  // namespace

void apply_torch_settings(const TorchConfig& config) {
  settle_memory();
  if (config.num_threads) {
    at::set_num_threads(static_cast<int>(*config.num_threads));
  } else if (!std::getenv("OMP_NUM_THREADS")) {
    at::set_num_threads(default_threads());
  }
  auto& context = at::globalContext();
  context.setAllowTF32CuBLAS(config.allow_tf32);
  context.setAllowTF32CuDNN(config.allow_tf32);
  context.setAllowFP16ReductionCuBLAS(config.fp16_reduced_precision);
  context.setAllowBF16ReductionCuBLAS(config.bf16_reduced_precision);
}

std::string torch_version() {
  return TORCH_VERSION;
}

}  // namespace roux
