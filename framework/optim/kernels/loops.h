#pragma once

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include <cstdint>

#include "optim/kernels/table.h"

// Loops that the compiler makes vectors of, at the level that is being compiled (see
// ops/kernels/table.h), and once for any CPU.
namespace roux::ops::ROUX_LEVEL {

inline float root(float x) {
  return __builtin_sqrtf(x);
}
inline double root(double x) {
  return __builtin_sqrt(x);
}
template <typename T>
inline T larger(T a, T b) {
  return a < b ? b : a;
}

inline float of_bfloat16(std::uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
}
// To the nearest, ties to even; a NaN stays one.
inline std::uint16_t to_bfloat16_bits(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
  return static_cast<std::uint16_t>((x != x ? bits | 0x400000U : rounded) >> 16);
}

inline float of_float16(std::uint16_t half) {
  const auto sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t rest = half & 0x7FFFU;
  if (rest >= 0x7C00U) return __builtin_bit_cast(float, sign | 0x7F800000U | (rest & 0x3FFU) << 13);
  if (rest >= 0x400U) return __builtin_bit_cast(float, sign | ((rest << 13) + (112U << 23)));
  const float size = static_cast<float>(rest) * 0x1p-24F;  // subnormal: exact
  return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, size));
}
inline std::uint16_t to_float16_bits(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const std::uint32_t size = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (size > 0x7F800000U) {
    half = 0x7E00U;
  } else if (size >= 0x477FF000U) {  // 65520 and more round to infinity
    half = 0x7C00U;
  } else if (size >= 0x38800000U) {  // normal: 2^-14 and more
    half = (size - (112U << 23) + 0xFFFU + (size >> 13 & 1U)) >> 13;
  } else {
    // Adding 1/2 puts a unit of 2^-24 into the last place, and rounds as the processor does.
    const float shifted = __builtin_bit_cast(float, size) + 0.5F;
    half = __builtin_bit_cast(std::uint32_t, shifted) - 0x3F000000U;
  }
  return static_cast<std::uint16_t>(sign | half);
}

template <typename T>
void widen_float16(const std::uint16_t* from, T* to, std::int64_t count) {
  std::int64_t i = 0;
#if defined(__F16C__)
  if constexpr (sizeof(T) == sizeof(float)) {
    for (; i + 8 <= count; i += 8) {
      const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm256_storeu_ps(to + i, _mm256_cvtph_ps(bits));
    }
  }
#endif
  for (; i < count; ++i) to[i] = static_cast<T>(of_float16(from[i]));
}

template <typename T>
void narrow_float16(const T* from, std::uint16_t* to, std::int64_t count) {
  std::int64_t i = 0;
#if defined(__F16C__)
  if constexpr (sizeof(T) == sizeof(float)) {
    for (; i + 8 <= count; i += 8) {
      const __m128i bits = _mm256_cvtps_ph(_mm256_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), bits);
    }
  }
#endif
  for (; i < count; ++i) to[i] = to_float16_bits(static_cast<float>(from[i]));
}

template <typename From, typename To>
void convert(const From* __restrict from, To* __restrict to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

template <typename T>
void widen(const void* from, Stored stored, T* __restrict to, std::int64_t count) {
  switch (stored) {
    case Stored::Float32:
      return convert(static_cast<const float*>(from), to, count);
    case Stored::Float64:
      return convert(static_cast<const double*>(from), to, count);
    case Stored::BFloat16: {
      const auto* bits = static_cast<const std::uint16_t*>(from);
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(of_bfloat16(bits[i]));
      return;
    }
    case Stored::Float16:
      return widen_float16(static_cast<const std::uint16_t*>(from), to, count);
  }
}

template <typename T>
void narrow(const T* __restrict from, void* to, Stored stored, std::int64_t count) {
  switch (stored) {
    case Stored::Float32:
      return convert(from, static_cast<float*>(to), count);
    case Stored::Float64:
      return convert(from, static_cast<double*>(to), count);
    case Stored::BFloat16: {
      auto* bits = static_cast<std::uint16_t*>(to);
      for (std::int64_t i = 0; i < count; ++i) {
        bits[i] = to_bfloat16_bits(static_cast<float>(from[i]));
      }
      return;
    }
    case Stored::Float16:
      return narrow_float16(from, static_cast<std::uint16_t*>(to), count);
  }
}

// Philox4x32-10, as in framework/base/random.cpp, of several blocks at once: a 32-bit word in each
// 64-bit lane, whose upper half holds zeros or is not looked at.
#if defined(ROUX_LEVEL_avx2)
using Words = __m256i;
inline Words words(std::uint64_t x) {
  return _mm256_set1_epi64x(static_cast<long long>(x));
}
// Blocks of the even lanes come first, so that join() leaves them in order.
inline Words lane_blocks() {
  return _mm256_setr_epi64x(0, 2, 1, 3);
}
inline Words multiply(Words a, Words b) {
  return _mm256_mul_epu32(a, b);
}
inline Words upper(Words x) {
  return _mm256_srli_epi64(x, 32);
}
inline Words both(Words low, Words high) {
  const Words kept = _mm256_and_si256(low, words(0xFFFFFFFF));
  return _mm256_or_si256(kept, _mm256_slli_epi64(high, 32));
}
inline void join(Words low, Words high, std::uint16_t* to) {
  auto* const place = reinterpret_cast<__m256i*>(to);
  _mm256_storeu_si256(place, _mm256_unpacklo_epi64(low, high));
  _mm256_storeu_si256(place + 1, _mm256_unpackhi_epi64(low, high));
}
#elif defined(ROUX_LEVEL_avx512) || defined(ROUX_LEVEL_avx512_bf16)
using Words = __m512i;
inline Words words(std::uint64_t x) {
  return _mm512_set1_epi64(static_cast<long long>(x));
}
inline Words lane_blocks() {
  return _mm512_setr_epi64(0, 4, 1, 5, 2, 6, 3, 7);
}
inline Words multiply(Words a, Words b) {
  return _mm512_mul_epu32(a, b);
}
inline Words upper(Words x) {
  return _mm512_srli_epi64(x, 32);
}
inline Words both(Words low, Words high) {
  const Words kept = _mm512_and_si512(low, words(0xFFFFFFFF));
  return _mm512_or_si512(kept, _mm512_slli_epi64(high, 32));
}
inline void join(Words low, Words high, std::uint16_t* to) {
  _mm512_storeu_si512(to, _mm512_unpacklo_epi64(low, high));
  _mm512_storeu_si512(to + 32, _mm512_unpackhi_epi64(low, high));
}
#else
using Words = std::uint64_t;
inline Words words(std::uint64_t x) {
  return x;
}
inline Words lane_blocks() {
  return 0;
}
inline Words multiply(Words a, Words b) {
  return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
}
inline Words upper(Words x) {
  return x >> 32;
}
inline Words both(Words low, Words high) {
  return (low & 0xFFFFFFFF) | high << 32;
}
inline void join(Words low, Words high, std::uint16_t* to) {
  for (int i = 0; i < 4; ++i) {
    to[i] = static_cast<std::uint16_t>(low >> (16 * i));
    to[4 + i] = static_cast<std::uint16_t>(high >> (16 * i));
  }
}
#endif

inline constexpr std::int64_t kPhiloxBlocks = 16;
inline constexpr std::int64_t kPhiloxHalves = 8 * kPhiloxBlocks;

// The 16-bit halves of blocks `first_block` on: half h of block b at [8 * b + h].
inline void philox_halves(std::uint64_t key, std::uint64_t first_block, std::uint16_t* halves) {
  constexpr int kLanes64 = sizeof(Words) / sizeof(std::uint64_t);
  constexpr int kVectors = kPhiloxBlocks / kLanes64;
  Words c0[kVectors];
  Words c1[kVectors];
  Words c2[kVectors];
  Words c3[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    c0[v] = words(first_block + static_cast<std::uint64_t>(v * kLanes64)) + lane_blocks();
    c1[v] = upper(c0[v]);
    c2[v] = words(0);
    c3[v] = words(0);
  }
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int v = 0; v < kVectors; ++v) {
      const Words one = multiply(c0[v], words(0xD2511F53));
      const Words two = multiply(c2[v], words(0xCD9E8D57));
      c0[v] = upper(two) ^ c1[v] ^ words(k0);
      c1[v] = two;
      c2[v] = upper(one) ^ c3[v] ^ words(k1);
      c3[v] = one;
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (int v = 0; v < kVectors; ++v) {
    join(both(c0[v], c1[v]), both(c2[v], c3[v]), halves + 8 * kLanes64 * v);
  }
}

// Up with the probability of what is cut off, in 65536ths. Infinity and NaN have nothing to round.
inline std::uint16_t bfloat16_by_chance(float x, std::uint16_t chance) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const bool is_finite = (bits & 0x7F800000U) != 0x7F800000U;
  const std::uint32_t kept = x != x ? bits | 0x400000U : bits;
  return static_cast<std::uint16_t>((is_finite ? bits + chance : kept) >> 16);
}

template <typename T>
void narrow_by_chance(const T* from, std::uint16_t* to, std::int64_t count, std::uint64_t key,
                      std::uint64_t first) {
  std::uint16_t halves[kPhiloxHalves];
  std::int64_t done = 0;
  while (done < count) {
    const std::uint64_t at = first + static_cast<std::uint64_t>(done);
    philox_halves(key, at / 8, halves);
    const auto skipped = static_cast<std::int64_t>(at % 8);
    const std::int64_t left = count - done;
    const std::int64_t now = kPhiloxHalves - skipped < left ? kPhiloxHalves - skipped : left;
    for (std::int64_t i = 0; i < now; ++i) {
      to[done + i] = bfloat16_by_chance(static_cast<float>(from[done + i]), halves[skipped + i]);
    }
    done += now;
  }
}

template <bool kAmsgrad, typename T>
void adamw_loop(T* __restrict values, const T* __restrict gradients, T* __restrict means,
                T* __restrict squares, T* __restrict largest, std::int64_t count,
                const AdamWNumbers<T>& given) {
  const AdamWNumbers<T> n = given;
  for (std::int64_t i = 0; i < count; ++i) {
    const T gradient = gradients[i] * n.gradient_scale;
    const T mean = means[i] + (gradient - means[i]) * n.one_minus_beta1;
    const T square = squares[i] * n.beta2 + gradient * gradient * n.one_minus_beta2;
    means[i] = mean;
    squares[i] = square;
    T bound = square;
    if constexpr (kAmsgrad) {
      bound = larger(largest[i], square);
      largest[i] = bound;
    }
    // Not 0 where there never was a gradient, as in the gaps, even if eps is.
    const T denominator = larger(root(bound) * n.inverse_bias2 + n.eps, static_cast<T>(1e-37));
    values[i] = values[i] * n.keep - n.step_size * (mean / denominator);
  }
}

template <typename T>
void adamw(T* values, const T* gradients, T* means, T* squares, T* largest, std::int64_t count,
           const AdamWNumbers<T>& numbers) {
  if (largest == nullptr) {
    adamw_loop<false>(values, gradients, means, squares, largest, count, numbers);
  } else {
    adamw_loop<true>(values, gradients, means, squares, largest, count, numbers);
  }
}

template <typename T>
void sgd(T* __restrict values, const T* __restrict gradients, T* __restrict momenta,
         std::int64_t count, const SgdNumbers<T>& given) {
  const SgdNumbers<T> n = given;
  if (momenta == nullptr) {
    for (std::int64_t i = 0; i < count; ++i) {
      const T gradient = gradients[i] * n.gradient_scale + values[i] * n.weight_decay;
      values[i] -= n.lr * gradient;
    }
    return;
  }
  const T ahead = n.nesterov ? n.momentum : T(1);
  const T now = n.nesterov ? T(1) : T(0);
  for (std::int64_t i = 0; i < count; ++i) {
    const T gradient = gradients[i] * n.gradient_scale + values[i] * n.weight_decay;
    const T momentum = momenta[i] * n.momentum + gradient * n.added;
    momenta[i] = momentum;
    values[i] -= n.lr * (now * gradient + ahead * momentum);
  }
}

template <typename T>
void lion(T* __restrict values, const T* __restrict gradients, T* __restrict means,
          std::int64_t count, const LionNumbers<T>& given) {
  const LionNumbers<T> n = given;
  for (std::int64_t i = 0; i < count; ++i) {
    const T gradient = gradients[i] * n.gradient_scale;
    const T direction = means[i] * n.beta1 + gradient * (T(1) - n.beta1);
    const T step = direction > T(0) ? n.lr : (direction < T(0) ? -n.lr : T(0));
    values[i] = values[i] * n.keep - step;
    means[i] = means[i] * n.beta2 + gradient * (T(1) - n.beta2);
  }
}

template <typename T>
T add_squares(const T* __restrict gradients, T scale, T* __restrict columns, std::int64_t count) {
  T sum = 0;
  if (columns == nullptr) {
    for (std::int64_t i = 0; i < count; ++i) {
      const T gradient = gradients[i] * scale;
      sum += gradient * gradient;
    }
    return sum;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    const T gradient = gradients[i] * scale;
    const T square = gradient * gradient;
    columns[i] += square;
    sum += square;
  }
  return sum;
}

template <typename T>
inline T adafactor_update(T gradient, T column, const AdafactorNumbers<T>& n) {
  return gradient * n.gradient_scale / root(larger(n.row * column, n.floor));
}

template <typename T>
T adafactor_squares(const T* __restrict gradients, const T* __restrict columns, std::int64_t count,
                    const AdafactorNumbers<T>& given) {
  const AdafactorNumbers<T> n = given;
  T sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const T update = adafactor_update(gradients[i], columns[i], n);
    sum += update * update;
  }
  return sum;
}

template <typename T>
void adafactor(T* __restrict values, const T* __restrict gradients, const T* __restrict columns,
               std::int64_t count, const AdafactorNumbers<T>& given) {
  const AdafactorNumbers<T> n = given;
  for (std::int64_t i = 0; i < count; ++i) {
    const T update = adafactor_update(gradients[i], columns[i], n);
    values[i] = values[i] * n.keep - n.step_size * update;
  }
}

template <typename Number>
double squares_of(const Number* numbers, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<double>(numbers[i]);
    sum += number * number;
  }
  return sum;
}

inline double sum_of_squares(const void* numbers, Stored stored, std::int64_t count) {
  if (stored == Stored::Float32) return squares_of(static_cast<const float*>(numbers), count);
  if (stored == Stored::Float64) return squares_of(static_cast<const double*>(numbers), count);
  constexpr std::int64_t kPiece = 512;
  float widened[kPiece];
  const auto* halves = static_cast<const std::uint16_t*>(numbers);
  double sum = 0;
  for (std::int64_t i = 0; i < count; i += kPiece) {
    const std::int64_t size = count - i < kPiece ? count - i : kPiece;
    widen(halves + i, stored, widened, size);
    sum += squares_of(widened, size);
  }
  return sum;
}

template <typename T>
void decode(const std::uint8_t* __restrict codes, float scale, const CodeMap& map, T* __restrict to,
            std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(map.values[codes[i]] * scale);
}

template <typename T>
float encode(const T* __restrict from, const CodeMap& map, std::uint8_t* __restrict codes,
             std::int64_t count) {
  // Sizes are in the order of their bits, of which the compiler knows how to find the largest.
  std::int32_t largest = __builtin_bit_cast(std::int32_t, 1e-12F);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = __builtin_bit_cast(std::int32_t, static_cast<float>(from[i])) & 0x7FFFFFFF;
    largest = largest < bits ? bits : largest;
  }
  const auto scale = __builtin_bit_cast(float, largest);
  const CodeMap::Back back = map.back;
  for (std::int64_t i = 0; i < count; ++i) {
    const float number = static_cast<float>(from[i]) / scale;
    const float size = number < 0.0F ? -number : number;
    float slope = 0.0F;
    float offset = 0.0F;
    float most = 0.0F;
    for (const CodeMap::Decade& decade : back.decades) {
      const bool is_in = size >= decade.from;
      slope = is_in ? decade.slope : slope;
      offset = is_in ? decade.offset : offset;
      most = is_in ? decade.most : most;
    }
    const float place = size * slope + offset;
    const auto step = static_cast<std::int32_t>(place < most ? place : most);
    const std::int32_t above = back.zero + step + (size >= back.one_from ? 1 : 0);
    const std::int32_t below = back.zero < step ? 0 : back.zero - step;
    codes[i] = static_cast<std::uint8_t>(number < 0.0F ? below : above);
  }
  return scale;
}

template <typename T>
constexpr OptimizerKernels<T> all_loops() {
  return {.widen = widen<T>,
          .narrow = narrow<T>,
          .narrow_by_chance = narrow_by_chance<T>,
          .adamw = adamw<T>,
          .sgd = sgd<T>,
          .lion = lion<T>,
          .add_squares = add_squares<T>,
          .adafactor_squares = adafactor_squares<T>,
          .adafactor = adafactor<T>,
          .sum_of_squares = sum_of_squares,
          .decode = decode<T>,
          .encode = encode<T>};
}

}  // namespace roux::ops::ROUX_LEVEL
