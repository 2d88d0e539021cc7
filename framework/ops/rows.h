#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

#include "roux/base/error.h"

namespace roux::ops {

// A tensor as rows of its last dimension, each `stride` numbers after the one before.
struct Rows {
  at::Tensor tensor;
  std::int64_t count = 0;
  std::int64_t dim = 0;
  std::int64_t stride = 0;
};

// As it lies in memory if it can be seen so (slices of a fused projection can), else a copy.
Rows rows_of(const at::Tensor& x);

// Threads are worth waking for about this many numbers each.
constexpr std::int64_t kNumbersAThread = 16'384;

inline std::int64_t rows_a_thread(std::int64_t dim) {
  return std::max<std::int64_t>(1, kNumbersAThread / std::max<std::int64_t>(1, dim));
}

// Calls body(begin, end) for pieces of [0, count) on the threads. A piece ends at the end of a
// vector, or of all: a kernel's last, partial vector is compiled apart, and may differ in the last
// bit, so that the pieces must not depend on the number of threads.
template <typename Body>
void for_numbers(std::int64_t count, Body body) {
  constexpr std::int64_t kUnit = 64;
  const std::int64_t units = (count + kUnit - 1) / kUnit;
  at::parallel_for(0, units, kNumbersAThread / kUnit, [&](std::int64_t first, std::int64_t last) {
    body(first * kUnit, std::min(last * kUnit, count));
  });
}

// bfloat16 as the kernels have it: its bits.
template <typename T>
const T* data_of(const at::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
template <typename T>
T* mutable_data_of(const at::Tensor& x) {
  return static_cast<T*>(x.mutable_data_ptr());
}
template <typename T>
const T* data_or_null(const at::Tensor& x) {
  return x.defined() ? data_of<T>(x) : nullptr;
}

// Calls body(kernels->float32, float()) or body(kernels->bfloat16, std::uint16_t()).
template <typename Table, typename Body>
void by_dtype(const Table* kernels, at::ScalarType dtype, Body body) {
  require(kernels != nullptr, "ops: kernels for this CPU");
  if (dtype == at::kFloat) {
    body(kernels->float32, float());
  } else {
    require(dtype == at::kBFloat16, "ops: a dtype with kernels");
    body(kernels->bfloat16, std::uint16_t());
  }
}

}  // namespace roux::ops
