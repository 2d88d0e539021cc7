#include "ops/kernels/cross_entropy.h"

#include <math.h>

#include "ops/kernels/vector.h"

// A row is read from memory once: its three passes (transform and maximum, exponentials and their
// sum, gradient) find it in the cache of its core.
namespace roux::ops::ROUX_LEVEL {
namespace {

constexpr std::int64_t kWidth = 4;  // vectors at a time: as many sums, so that none waits

struct None {};

struct Statistics {
  float max;
  float sum;  // of the transformed logits
};

// Adds the bias and caps; what comes out is written back where it differs from what was there.
template <bool kBias, bool kCap>
Statistics transform(float* row, const CrossEntropyRows& rows) {
  const std::int64_t count = rows.vocabulary;
  const Vec cap = broadcast(static_cast<float>(rows.softcap));
  const Vec inverse_cap = broadcast(static_cast<float>(1.0 / (kCap ? rows.softcap : 1.0)));
  const auto change = [&](Vec x, Vec bias) {
    if constexpr (kBias) x = x + bias;
    if constexpr (kCap) x = cap * tanh(x * inverse_cap);
    return x;
  };
  Vec maxima[kWidth];
  Vec sums[kWidth];
  for (std::int64_t k = 0; k < kWidth; ++k) {
    maxima[k] = broadcast(-__builtin_inff());
    sums[k] = broadcast(0.0F);
  }
  const auto add = [&](std::int64_t k, Vec x) {
    maxima[k] = max(maxima[k], x);
    sums[k] = sums[k] + x;
  };
  std::int64_t i = 0;
  for (; i + kWidth * kLanes <= count; i += kWidth * kLanes) {
    for (std::int64_t k = 0; k < kWidth; ++k) {
      const std::int64_t at = i + k * kLanes;
      const Vec x = change(load(row + at), kBias ? load(rows.bias + at) : Vec{});
      if constexpr (kBias || kCap) store(row + at, x);
      add(k, x);
    }
  }
  for (; i < count; i += kLanes) {
    const std::int64_t left = count - i < kLanes ? count - i : kLanes;
    const Vec x = change(load(row + i, left), kBias ? load(rows.bias + i, left) : Vec{});
    if constexpr (kBias || kCap) store(row + i, x, left);
    maxima[0] = select(first(left), max(maxima[0], x), maxima[0]);
    sums[0] = sums[0] + select(first(left), x, broadcast(0.0F));
  }
  return {max(max(max(maxima[0], maxima[1]), max(maxima[2], maxima[3]))),
          sum((sums[0] + sums[1]) + (sums[2] + sums[3]))};
}

// The sum of exp(x - largest); `kKeep` writes the exponentials over the row.
template <bool kKeep>
float exponentials(float* row, std::int64_t count, float largest) {
  const Vec shift = broadcast(largest);
  Vec sums[kWidth];
  for (std::int64_t k = 0; k < kWidth; ++k) sums[k] = broadcast(0.0F);
  std::int64_t i = 0;
  for (; i + kWidth * kLanes <= count; i += kWidth * kLanes) {
    for (std::int64_t k = 0; k < kWidth; ++k) {
      const Vec e = exp(load(row + i + k * kLanes) - shift);
      if constexpr (kKeep) store(row + i + k * kLanes, e);
      sums[k] = sums[k] + e;
    }
  }
  for (; i < count; i += kLanes) {
    const std::int64_t left = count - i < kLanes ? count - i : kLanes;
    const Vec e = exp(load(row + i, left) - shift);
    if constexpr (kKeep) store(row + i, e, left);
    sums[0] = sums[0] + select(first(left), e, broadcast(0.0F));
  }
  return sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// Writes of bfloat16 run behind the reads of float32 in the same row, and never overtake them.
template <bool kCap, typename Out>
void gradient(float* row, Out* result, const CrossEntropyRows& rows, float largest, float factor,
              float shift) {
  const std::int64_t count = rows.vocabulary;
  const Vec factors = broadcast(factor);
  const Vec shifts = broadcast(shift);
  const Vec maximum = broadcast(largest);
  const Vec inverse_cap = broadcast(static_cast<float>(1.0 / (kCap ? rows.softcap : 1.0)));
  const auto of = [&](Vec x) {
    if constexpr (!kCap) return fma(x, factors, shifts);
    const Vec t = x * inverse_cap;
    return fma(exp(x - maximum), factors, shifts) * fnma(t, t, broadcast(1.0F));
  };
  std::int64_t i = 0;
  for (; i + kWidth * kLanes <= count; i += kWidth * kLanes) {
    Vec x[kWidth];
    for (std::int64_t k = 0; k < kWidth; ++k) x[k] = load(row + i + k * kLanes);
    for (std::int64_t k = 0; k < kWidth; ++k) store(result + i + k * kLanes, of(x[k]));
  }
  for (; i < count; i += kLanes) {
    const std::int64_t left = count - i < kLanes ? count - i : kLanes;
    store(result + i, of(load(row + i, left)), left);
  }
}

void put(float* to, double x) {
  *to = static_cast<float>(x);
}
void put(BFloat16* to, double x) {
  const BFloat16 bits = to_bfloat16(static_cast<float>(x));
  __builtin_memcpy(to, &bits, sizeof bits);  // the row is float to the compiler
}

template <bool kBias, bool kCap, typename Out>
void work_on(const CrossEntropyRows& rows, std::int64_t begin, std::int64_t end) {
  constexpr bool kGradient = !__is_same(Out, None);
  constexpr bool kKeep = kGradient && !kCap;  // the slope of the cap needs what was capped
  const double smoothing = rows.label_smoothing;
  const double vocabulary = static_cast<double>(rows.vocabulary);
  for (std::int64_t r = begin; r < end; ++r) {
    float* row = rows.logits + r * rows.vocabulary;
    const std::int64_t target = rows.targets[r];

    const Statistics statistics = transform<kBias, kCap>(row, rows);
    const double largest = statistics.max;
    const double at_target = row[target];
    const double sum = exponentials<kKeep>(row, rows.vocabulary, statistics.max);
    const double logsumexp = largest + ::log(sum);

    double loss = logsumexp - (1.0 - smoothing) * at_target;
    if (smoothing > 0.0) loss -= smoothing * statistics.sum / vocabulary;
    rows.losses[r] = loss + rows.z_loss * logsumexp * logsumexp;

    if constexpr (kGradient) {
      const double scale = rows.scale * (rows.scales == nullptr ? 1.0 : rows.scales[r]);
      const double factor = scale * (1.0 + 2.0 * rows.z_loss * logsumexp) / sum;
      const double shift = -scale * smoothing / vocabulary;
      auto* result = reinterpret_cast<Out*>(row);
      gradient<kCap>(row, result, rows, statistics.max, static_cast<float>(factor),
                     static_cast<float>(shift));
      const double t = kCap ? at_target / rows.softcap : 0.0;
      put(result + target,
          (::exp(at_target - largest) * factor + shift - scale * (1.0 - smoothing)) *
              (1.0 - t * t));
    }
  }
}

template <typename Out>
void choose(const CrossEntropyRows& rows, std::int64_t begin, std::int64_t end) {
  const bool cap = rows.softcap > 0.0;
  if (rows.bias != nullptr) {
    return cap ? work_on<true, true, Out>(rows, begin, end)
               : work_on<true, false, Out>(rows, begin, end);
  }
  return cap ? work_on<false, true, Out>(rows, begin, end)
             : work_on<false, false, Out>(rows, begin, end);
}

}  // namespace

const CrossEntropyKernels cross_entropy_kernels{
    .losses = choose<None>,
    .gradients = choose<float>,
    .gradients_bfloat16 = choose<BFloat16>,
};

}  // namespace roux::ops::ROUX_LEVEL
