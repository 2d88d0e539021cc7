#pragma once

// The version of Roux that libroux_cuda.so was built with: a library that lies about from an older
// build is refused (framework/ops/cuda_library.cpp).
extern "C" const char* roux_cuda_library_version();
