#include "ops/kernels/rotary.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

template <typename T>
void rotate_head(const T* x, const float* cos, const float* sin, Vec sign, T* y, std::int64_t half,
                 std::int64_t dim) {
  std::int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) {
    const Vec c = load(cos + i);
    const Vec s = load(sin + i) * sign;
    const Vec first = load(x + i);
    const Vec second = load(x + half + i);
    store(y + i, fnma(second, s, first * c));
    store(y + half + i, fma(first, s, second * c));
  }
  if (const std::int64_t n = half - i; n > 0) {
    const Vec c = load(cos + i, n);
    const Vec s = load(sin + i, n) * sign;
    const Vec first = load(x + i, n);
    const Vec second = load(x + half + i, n);
    store(y + i, fnma(second, s, first * c), n);
    store(y + half + i, fma(first, s, second * c), n);
  }
  for (std::int64_t j = 2 * half; j < dim; ++j) y[j] = x[j];
}

template <typename T>
void rotate(const T* x, std::int64_t token_stride, std::int64_t head_stride, const float* cos,
            const float* sin, float sign, T* y, std::int64_t tokens, std::int64_t heads,
            std::int64_t half, std::int64_t dim) {
  const Vec signs = broadcast(sign);
  for (std::int64_t token = 0; token < tokens; ++token) {
    for (std::int64_t head = 0; head < heads; ++head) {
      rotate_head(x + token * token_stride + head * head_stride, cos + token * half,
                  sin + token * half, signs, y + (token * heads + head) * dim, half, dim);
    }
  }
}

}  // namespace

const RotaryKernels rotary_kernels{rotate<float>, rotate<BFloat16>};

}  // namespace roux::ops::ROUX_LEVEL
