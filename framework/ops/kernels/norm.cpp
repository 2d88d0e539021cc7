#include "ops/kernels/norm.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

// Calls body(i, count) for each vector of a row; body has both a whole and a partial form, so that
// the compiler makes plain loads of the whole ones.
template <typename Whole, typename Part>
inline void along(std::int64_t dim, Whole whole, Part part) {
  std::int64_t i = 0;
  for (; i + kLanes <= dim; i += kLanes) whole(i);
  if (i < dim) part(i, dim - i);
}

inline Vec gain_at(const float* gain, std::int64_t i) {
  return gain != nullptr ? load(gain + i) : broadcast(1.0F);
}
inline Vec gain_at(const float* gain, std::int64_t i, std::int64_t count) {
  return gain != nullptr ? load(gain + i, count) : broadcast(1.0F);
}

// The sum of f over a row. Lanes beyond the row's end are left out, whatever f makes of them.
template <typename Whole, typename Part>
inline float sum_along(std::int64_t dim, Whole whole, Part part) {
  Vec even = broadcast(0.0F);
  Vec odd = broadcast(0.0F);
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= dim; i += 2 * kLanes) {
    even += whole(i);
    odd += whole(i + kLanes);
  }
  for (; i + kLanes <= dim; i += kLanes) even += whole(i);
  if (i < dim) odd += select(first(dim - i), part(i, dim - i), broadcast(0.0F));
  return sum(even + odd);
}

inline float inverse_root(float x) {
  return 1.0F / __builtin_sqrtf(x);
}

template <typename T>
void rms_forward(const T* x, std::int64_t stride, const float* gain, float eps, T* y,
                 float* inverse, std::int64_t rows, std::int64_t dim) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* in = x + row * stride;
    const float squares = sum_along(
        dim,
        [&](std::int64_t i) {
          const Vec v = load(in + i);
          return v * v;
        },
        [&](std::int64_t i, std::int64_t n) {
          const Vec v = load(in + i, n);
          return v * v;
        });
    inverse[row] = inverse_root(squares / static_cast<float>(dim) + eps);
    const Vec r = broadcast(inverse[row]);
    T* out = y + row * dim;
    along(
        dim, [&](std::int64_t i) { store(out + i, load(in + i) * r * gain_at(gain, i)); },
        [&](std::int64_t i, std::int64_t n) {
          store(out + i, load(in + i, n) * r * gain_at(gain, i, n), n);
        });
  }
}

// With h = x * inverse: dx = inverse * (dy * gain - h * mean(dy * gain * h)), dgain = dy * h.
template <typename T, bool kWithGain>
void rms_backward_row(const T* dy, const T* x, const float* gain, float inverse, T* dx,
                      float* dgain, std::int64_t dim) {
  const float dot = sum_along(
      dim, [&](std::int64_t i) { return load(dy + i) * gain_at(gain, i) * load(x + i); },
      [&](std::int64_t i, std::int64_t n) {
        return load(dy + i, n) * gain_at(gain, i, n) * load(x + i, n);
      });
  const Vec r = broadcast(inverse);
  const Vec mean = broadcast(dot * inverse / static_cast<float>(dim));
  along(
      dim,
      [&](std::int64_t i) {
        const Vec d = load(dy + i);
        const Vec h = load(x + i) * r;
        if constexpr (kWithGain) store(dgain + i, fma(d, h, load(dgain + i)));
        store(dx + i, r * fnma(h, mean, d * gain_at(gain, i)));
      },
      [&](std::int64_t i, std::int64_t n) {
        const Vec d = load(dy + i, n);
        const Vec h = load(x + i, n) * r;
        if constexpr (kWithGain) store(dgain + i, fma(d, h, load(dgain + i, n)), n);
        store(dx + i, r * fnma(h, mean, d * gain_at(gain, i, n)), n);
      });
}

template <typename T>
void rms_backward(const T* dy, const T* x, std::int64_t stride, const float* gain,
                  const float* inverse, T* dx, float* dgain, std::int64_t rows, std::int64_t dim) {
  const auto backward = dgain != nullptr ? rms_backward_row<T, true> : rms_backward_row<T, false>;
  for (std::int64_t row = 0; row < rows; ++row) {
    backward(dy + row * dim, x + row * stride, gain, inverse[row], dx + row * dim, dgain, dim);
  }
}

template <typename T>
void layer_forward(const T* x, std::int64_t stride, const float* gain, const float* bias, float eps,
                   T* y, float* stats, std::int64_t rows, std::int64_t dim) {
  const auto count = static_cast<float>(dim);
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* in = x + row * stride;
    const float total = sum_along(
        dim, [&](std::int64_t i) { return load(in + i); },
        [&](std::int64_t i, std::int64_t n) { return load(in + i, n); });
    const Vec mean = broadcast(total / count);
    const float squares = sum_along(
        dim,
        [&](std::int64_t i) {
          const Vec v = load(in + i) - mean;
          return v * v;
        },
        [&](std::int64_t i, std::int64_t n) {
          const Vec v = load(in + i, n) - mean;
          return v * v;
        });
    stats[2 * row] = total / count;
    stats[2 * row + 1] = inverse_root(squares / count + eps);
    const Vec r = broadcast(stats[2 * row + 1]);
    const auto bias_at = [&](std::int64_t i, std::int64_t n) {
      return bias != nullptr ? load(bias + i, n) : broadcast(0.0F);
    };
    T* out = y + row * dim;
    along(
        dim,
        [&](std::int64_t i) {
          const Vec b = bias != nullptr ? load(bias + i) : broadcast(0.0F);
          store(out + i, fma((load(in + i) - mean) * r, gain_at(gain, i), b));
        },
        [&](std::int64_t i, std::int64_t n) {
          const Vec h = (load(in + i, n) - mean) * r;
          store(out + i, fma(h, gain_at(gain, i, n), bias_at(i, n)), n);
        });
  }
}

// With h = (x - mean) * inverse: dx = inverse * (dy * gain - mean(dy * gain) - h * mean(dy * gain *
// h)), dgain = dy * h, dbias = dy.
template <typename T>
void layer_backward(const T* dy, const T* x, std::int64_t stride, const float* gain,
                    const float* stats, T* dx, float* dgain, float* dbias, std::int64_t rows,
                    std::int64_t dim) {
  const auto count = static_cast<float>(dim);
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* d = dy + row * dim;
    const T* in = x + row * stride;
    T* out = dx + row * dim;
    const Vec mean = broadcast(stats[2 * row]);
    const Vec r = broadcast(stats[2 * row + 1]);
    const float plain = sum_along(
        dim, [&](std::int64_t i) { return load(d + i) * gain_at(gain, i); },
        [&](std::int64_t i, std::int64_t n) { return load(d + i, n) * gain_at(gain, i, n); });
    const float dot = sum_along(
        dim, [&](std::int64_t i) { return load(d + i) * gain_at(gain, i) * (load(in + i) - mean); },
        [&](std::int64_t i, std::int64_t n) {
          return load(d + i, n) * gain_at(gain, i, n) * (load(in + i, n) - mean);
        });
    const Vec mean_plain = broadcast(plain / count);
    const Vec mean_dot = broadcast(dot * stats[2 * row + 1] / count);
    along(
        dim,
        [&](std::int64_t i) {
          const Vec g = load(d + i);
          const Vec h = (load(in + i) - mean) * r;
          if (dgain != nullptr) store(dgain + i, fma(g, h, load(dgain + i)));
          if (dbias != nullptr) store(dbias + i, load(dbias + i) + g);
          store(out + i, r * fnma(h, mean_dot, g * gain_at(gain, i) - mean_plain));
        },
        [&](std::int64_t i, std::int64_t n) {
          const Vec g = load(d + i, n);
          const Vec h = (load(in + i, n) - mean) * r;
          if (dgain != nullptr) store(dgain + i, fma(g, h, load(dgain + i, n)), n);
          if (dbias != nullptr) store(dbias + i, load(dbias + i, n) + g, n);
          store(out + i, r * fnma(h, mean_dot, g * gain_at(gain, i, n) - mean_plain), n);
        });
  }
}

}  // namespace

const NormKernels norm_kernels{
    .float32 = {rms_forward<float>, rms_backward<float>, layer_forward<float>,
                layer_backward<float>},
    .bfloat16 = {rms_forward<BFloat16>, rms_backward<BFloat16>, layer_forward<BFloat16>,
                 layer_backward<BFloat16>},
};

}  // namespace roux::ops::ROUX_LEVEL
