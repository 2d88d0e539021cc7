#include "ops/vector_probe.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

// Whole vectors, then a part of one: both ways in and out of memory are seen.
template <typename From, typename To, Vec (*function)(Vec)>
void each(const From* x, To* y, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, function(load(x + i)));
  store(y + i, function(load(x + i, count - i)), count - i);
}

template <Vec (*function)(Vec, Vec, Vec)>
void each_three(const float* a, const float* b, float* c, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    store(c + i, function(load(a + i), load(b + i), load(c + i)));
  }
  const std::int64_t rest = count - i;
  store(c + i, function(load(a + i, rest), load(b + i, rest), load(c + i, rest)), rest);
}

template <float (*function)(Vec)>
void groups(const float* x, float* y, std::int64_t count) {
  for (std::int64_t i = 0; i + kLanes <= count; i += kLanes) *y++ = function(load(x + i));
}

Vec same(Vec x) {
  return x;
}
Vec negated_abs(Vec x) {
  return -abs(x);
}
Vec smaller(Vec a, Vec b, Vec) {
  return select(less(a, b), a, b);
}

void scalar_to_bfloat16(const float* x, BFloat16* y, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) narrow(x[i], y + i);
}

}  // namespace

const VectorProbe vector_probe{
    .lanes = kLanes,
    .exp = each<float, float, exp>,
    .sigmoid = each<float, float, sigmoid>,
    .tanh = each<float, float, tanh>,
    .erf = each<float, float, erf>,
    .rsqrt = each<float, float, rsqrt>,
    .sqrt = each<float, float, sqrt>,
    .round = each<float, float, round>,
    .negated_abs = each<float, float, negated_abs>,
    .sums = groups<sum>,
    .maxima = groups<max>,
    .to_bfloat16 = each<float, BFloat16, same>,
    .from_bfloat16 = each<BFloat16, float, same>,
    .scalar_to_bfloat16 = scalar_to_bfloat16,
    .fnma = each_three<fnma>,
    .smaller = each_three<smaller>,
};

}  // namespace roux::ops::ROUX_LEVEL
