#include "ops/matmul_into.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "ops/onednn_amx.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// MKL's, which LibTorch's builds for x86 export; others lack it. Row-major is 101, as it lies 111,
// transposed 112.
extern "C" void cblas_gemm_bf16bf16f32(int layout, int transpose_a, int transpose_b, int m, int n,
                                       int k, float alpha, const void* a, int stride_a,
                                       const void* b, int stride_b, float beta, float* c,
                                       int stride_c) __attribute__((weak));

namespace roux::ops {
namespace {

// On other makers' processors MKL ignores the instructions for bfloat16, and oneDNN, behind
// LibTorch's own products, does not.
bool mkl_is_the_fastest() {
#if defined(__x86_64__)
  static const bool chosen = [] {
    unsigned maximum = 0;
    char maker[12];
    unsigned b = 0, c = 0, d = 0;
    if (__get_cpuid(0, &maximum, &b, &c, &d) == 0) return false;
    std::memcpy(maker, &b, 4);
    std::memcpy(maker + 4, &d, 4);
    std::memcpy(maker + 8, &c, 4);
    const bool intel = std::memcmp(maker, "GenuineIntel", sizeof maker) == 0;
    return intel || !__builtin_cpu_supports("avx512bf16");
  }();
  return chosen && cblas_gemm_bf16bf16f32 != nullptr;
#else
  return false;
#endif
}

struct Layout {
  int transpose = 0;  // 0: neither rows nor columns lie together
  int stride = 0;
};

Layout layout_of(const at::Tensor& x) {
  const std::int64_t rows = x.size(0);
  const std::int64_t columns = x.size(1);
  if (std::max({rows, columns, x.stride(0), x.stride(1)}) > std::numeric_limits<int>::max()) {
    return {};
  }
  if (x.stride(1) == 1 && x.stride(0) >= columns) return {111, static_cast<int>(x.stride(0))};
  if (x.stride(0) == 1 && x.stride(1) >= rows) return {112, static_cast<int>(x.stride(1))};
  return {};
}

bool multiply_by_mkl(const at::Tensor& result, const at::Tensor& a, const at::Tensor& b,
                     double beta) {
  if (!a.device().is_cpu() || a.scalar_type() != at::kBFloat16 || !mkl_is_the_fastest()) {
    return false;
  }
  const Layout of_a = layout_of(a);
  const Layout of_b = layout_of(b);
  const Layout of_result = layout_of(result);
  if (of_a.transpose == 0 || of_b.transpose == 0 || of_result.transpose != 111) return false;
  cblas_gemm_bf16bf16f32(
      101, of_a.transpose, of_b.transpose, static_cast<int>(a.size(0)), static_cast<int>(b.size(1)),
      static_cast<int>(a.size(1)), 1.0F, a.const_data_ptr(), of_a.stride, b.const_data_ptr(),
      of_b.stride, static_cast<float>(beta), result.mutable_data_ptr<float>(), of_result.stride);
  return true;
}

// Products of bfloat16 that are rounded to it: through float32, some rows at a time, which stay in
// the cache. For machines on which oneDNN must do without AMX and MKL need not.
bool multiply_and_round_by_mkl(const at::Tensor& result, const at::Tensor& a, const at::Tensor& b) {
  if (!a.device().is_cpu() || a.scalar_type() != at::kBFloat16 || a.size(1) == 0 ||
      !onednn_lacks_amx() || !mkl_is_the_fastest() || layout_of(a).transpose == 0 ||
      layout_of(b).transpose == 0) {
    return false;
  }
  constexpr std::int64_t kBytes = 2 << 20;
  const std::int64_t columns = b.size(1);
  const std::int64_t step = std::clamp<std::int64_t>(kBytes / 4 / columns, 64, a.size(0) + 64);
  const at::Tensor exact = at::empty({std::min(step, a.size(0)), columns},
                                     a.options().dtype(at::kFloat).requires_grad(false));
  for (std::int64_t begin = 0; begin < a.size(0); begin += step) {
    const std::int64_t rows = std::min(step, a.size(0) - begin);
    const at::Tensor part = exact.narrow(0, 0, rows);
    multiply_by_mkl(part, a.narrow(0, begin, rows), b, 0.0);
    result.narrow(0, begin, rows).copy_(part);
  }
  return true;
}

}  // namespace

void matmul_into(const at::Tensor& result, const at::Tensor& a, const at::Tensor& b, double beta) {
  at::Tensor out = result;
  if (result.numel() == 0) return;
  if (result.scalar_type() == a.scalar_type()) {
    if (beta == 0.0) {
      if (!multiply_and_round_by_mkl(result, a, b)) at::mm_out(out, a, b);
    } else {
      at::addmm_out(out, result, a, b, beta, 1.0);
    }
    return;
  }
  if (a.size(1) > 0 && multiply_by_mkl(result, a, b, beta)) return;
  const at::Tensor product = at::mm(a, b);
  if (beta == 0.0) {
    out.copy_(product);
  } else {
    out.add_(product);
  }
}

}  // namespace roux::ops
