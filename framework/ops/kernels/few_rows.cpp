#include "ops/kernels/few_rows.h"

#include "ops/kernels/vector.h"

// The time is that of reading the weight once, so a row of it is read front to back, as one stream
// (several at once make the processor's prefetching worse), into sums enough to hide an addition's
// latency.
namespace roux::ops::ROUX_LEVEL {
namespace {

template <typename T>
float dot(const float* x, const T* weight, std::int64_t dim) {
  constexpr int kSums = 4;
  Vec sums[kSums];
  for (Vec& sum : sums) sum = broadcast(0.0F);
  std::int64_t i = 0;
  for (; i + kSums * kLanes <= dim; i += kSums * kLanes) {
#pragma GCC unroll 4
    for (int s = 0; s < kSums; ++s) {
      sums[s] = fma(load(x + i + s * kLanes), load(weight + i + s * kLanes), sums[s]);
    }
  }
  for (; i + kLanes <= dim; i += kLanes) sums[0] = fma(load(x + i), load(weight + i), sums[0]);
  if (const std::int64_t rest = dim - i; rest > 0) {
    sums[1] = fma(load(x + i, rest), load(weight + i, rest), sums[1]);
  }
  return sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <typename T>
void few_rows(const FewRowsProblem<T>& problem) {
  for (std::int64_t i = 0; i < problem.count; ++i) {
    const T* weight = problem.weight + i * problem.weight_stride;
    for (std::int64_t row = 0; row < problem.rows; ++row) {
      narrow(dot(problem.x + row * problem.dim, weight, problem.dim),
             problem.y + row * problem.y_stride + i);
    }
  }
}

}  // namespace

const FewRowsKernels few_rows_kernels{few_rows<float>, few_rows<BFloat16>};

}  // namespace roux::ops::ROUX_LEVEL
