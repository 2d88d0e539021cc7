#include "ops/kernels/activation.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

// An activation and its derivative at x.
struct Both {
  Vec value;
  Vec slope;
};

struct Silu {
  static Vec value(Vec x) { return x * sigmoid(x); }
  static Both both(Vec x) {
    const Vec s = sigmoid(x);
    const Vec y = x * s;
    return {y, fma(y, broadcast(1.0F) - s, s)};
  }
};

struct Gelu {
  struct Normal {
    Vec below;    // the share of a normal distribution that lies below x
    Vec density;  // times sqrt(2 pi)
  };

  // Abramowitz and Stegun 7.1.26 (within 1.5e-7): one exp serves both, and nothing cancels far
  // below zero, as 1 + erf would.
  static Normal normal(Vec x) {
    const Vec density = exp(x * x * broadcast(-0.5F));
    const Vec one = broadcast(1.0F);
    const Vec t = one / fma(abs(x), broadcast(0.3275911F * 0.707106781F), one);
    Vec p = fma(t, broadcast(1.061405429F), broadcast(-1.453152027F));
    p = fma(p, t, broadcast(1.421413741F));
    p = fma(p, t, broadcast(-0.284496736F));
    p = fma(p, t, broadcast(0.254829592F));
    const Vec beyond = broadcast(0.5F) * p * t * density;
    return {select(less(x, broadcast(0.0F)), beyond, one - beyond), density};
  }

  static Vec value(Vec x) { return x * normal(x).below; }
  static Both both(Vec x) {
    const Normal n = normal(x);
    return {x * n.below, fma(x * broadcast(0.398942280F), n.density, n.below)};
  }
};

struct GeluTanh {
  static constexpr float kRoot = 0.797884561F;  // sqrt(2 / pi)
  static constexpr float kCube = 0.044715F;

  static Vec inner(Vec x) { return broadcast(kRoot) * fma(broadcast(kCube) * x * x, x, x); }
  static Vec value(Vec x) {
    const Vec t = tanh(inner(x));
    return x * fma(t, broadcast(0.5F), broadcast(0.5F));
  }
  static Both both(Vec x) {
    const Vec t = tanh(inner(x));
    const Vec half = fma(t, broadcast(0.5F), broadcast(0.5F));
    const Vec turn = broadcast(kRoot) * fma(broadcast(3.0F * kCube) * x, x, broadcast(1.0F));
    const Vec sech = fnma(t, t, broadcast(1.0F));
    return {x * half, fma(broadcast(0.5F) * x * sech, turn, half)};
  }
};

struct Relu {
  static Vec value(Vec x) { return max(broadcast(0.0F), x); }
  static Both both(Vec x) {
    return {value(x), select(less(broadcast(0.0F), x), broadcast(1.0F), broadcast(0.0F))};
  }
};

template <typename A, typename T>
void forward(const T* x, T* y, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(y + i, A::value(load(x + i)));
  const std::int64_t rest = count - i;
  if (rest > 0) store(y + i, A::value(load(x + i, rest)), rest);
}

template <typename A, typename T>
void backward(const T* dy, const T* x, T* dx, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    store(dx + i, load(dy + i) * A::both(load(x + i)).slope);
  }
  const std::int64_t rest = count - i;
  if (rest > 0) store(dx + i, load(dy + i, rest) * A::both(load(x + i, rest)).slope, rest);
}

template <typename A, typename T>
void gated_forward(const T* gate, const T* up, T* y, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    store(y + i, A::value(load(gate + i)) * load(up + i));
  }
  const std::int64_t rest = count - i;
  if (rest > 0) store(y + i, A::value(load(gate + i, rest)) * load(up + i, rest), rest);
}

template <typename A, typename T>
void gated_backward(const T* dy, const T* gate, const T* up, T* dgate, T* dup, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Vec d = load(dy + i);
    const Both a = A::both(load(gate + i));
    store(dgate + i, d * load(up + i) * a.slope);
    store(dup + i, d * a.value);
  }
  const std::int64_t rest = count - i;
  if (rest > 0) {
    const Vec d = load(dy + i, rest);
    const Both a = A::both(load(gate + i, rest));
    store(dgate + i, d * load(up + i, rest) * a.slope, rest);
    store(dup + i, d * a.value, rest);
  }
}

template <typename T>
inline constexpr ActivationKernelsOf<T> kKernels{
    .forward = {forward<Silu, T>, forward<Gelu, T>, forward<GeluTanh, T>, forward<Relu, T>},
    .backward = {backward<Silu, T>, backward<Gelu, T>, backward<GeluTanh, T>, backward<Relu, T>},
    .gated_forward = {gated_forward<Silu, T>, gated_forward<Gelu, T>, gated_forward<GeluTanh, T>,
                      gated_forward<Relu, T>},
    .gated_backward = {gated_backward<Silu, T>, gated_backward<Gelu, T>,
                       gated_backward<GeluTanh, T>, gated_backward<Relu, T>},
};

}  // namespace

const ActivationKernels activation_kernels{kKernels<float>, kKernels<BFloat16>};

}  // namespace roux::ops::ROUX_LEVEL
