#include "recipe/torch_settings.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/csrc/api/include/torch/version.h>

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

}  // namespace

void apply_torch_settings(const TorchConfig& config) {
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
