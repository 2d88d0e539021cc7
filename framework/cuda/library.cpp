// What makes libroux_cuda.so a library of Roux; LibTorch's CUDA comes with what it links.
#include "cuda/library.h"

extern "C" const char* roux_cuda_library_version() {
  return ROUX_VERSION;
}
