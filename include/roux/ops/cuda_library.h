#pragma once

namespace roux::ops {

// Loads libroux_cuda.so, and with it LibTorch's CUDA and the kernels for it. The one right moment
// is after the config is read and before LibTorch does anything: LibTorch asks once whether CUDA is
// there (any backward pass, seed or pinned tensor makes it ask), and never again.
//
// Throws Error if the library or what it needs isn't there, or if it is too late. Once it has been
// loaded, calling this again does nothing. Thread safety: any thread.
void load_cuda_library();

}  // namespace roux::ops
