#include "roux/ops/cuda_library.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <mutex>

#include "cuda/library.h"
#include "roux/base/error.h"
#include "roux/base/version.h"

namespace roux::ops {

void load_cuda_library() {
  static std::mutex mutex;
  static bool loaded = false;
  const std::lock_guard lock(mutex);
  if (loaded) return;
  constexpr const char* kName = "libroux_cuda.so";
  // Never unloaded: LibTorch keeps what it registers.
  void* const library = dlopen(kName, RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    throw Error(
        cat("the device \"cuda\" needs ", kName,
            " beside libroux.so (a build where nvcc was found makes it) and LibTorch's full "
            "set with NVIDIA's libraries (tools/setup --cuda): ",
            dlerror()));
  }
  using Version = decltype(roux_cuda_library_version);
  auto* const its_version = reinterpret_cast<Version*>(dlsym(library, "roux_cuda_library_version"));
  if (its_version == nullptr || its_version() != version()) {
    throw Error(cat(kName, " must be of Roux ", version(), ", but is of ",
                    its_version != nullptr ? its_version() : "another"));
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
