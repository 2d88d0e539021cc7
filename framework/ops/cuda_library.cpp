#include "roux/ops/cuda_library.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <mutex>

#include "roux/base/error.h"

namespace roux::ops {

void load_cuda_library() {
  static std::mutex mutex;
  static bool loaded = false;
  const std::lock_guard lock(mutex);
  if (loaded) return;
  constexpr const char* kName = "libroux_cuda.so";
  // Never unloaded: LibTorch keeps what it registers.
  if (dlopen(kName, RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    throw Error(
        cat("the device \"cuda\" needs ", kName,
            " beside libroux.so (a build where nvcc was found makes it) and LibTorch's full "
            "set with NVIDIA's libraries (tools/setup --cuda): ",
            dlerror()));
  }
  // What stands in where CUDA was not there when LibTorch asked has no run time either.
  if (!at::detail::getCUDAHooks().hasCUDART()) {
    throw Error(
        cat(kName,
            " was loaded too late: LibTorch had already found that there is no CUDA. "
            "load_cuda_library() must come before the first backward pass, seed or tensor"));
  }
  loaded = true;
}

}  // namespace roux::ops
