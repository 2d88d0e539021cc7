#pragma once

#include <immintrin.h>

#include <cstdint>

// Vectors of float at the level that is being compiled (see kernels/table.h): as wide as the
// level's registers, with + - * / from the compiler, also beside a float (2.0F * x).
//
// bfloat16 is its bits in a std::uint16_t. Sums may be taken in another order than written
// (-fassociative-math); where an order matters, as in exp()'s reduction, fma() keeps it.
namespace roux::ops::ROUX_LEVEL {

using BFloat16 = std::uint16_t;

#if defined(ROUX_LEVEL_avx2)
using Vec = __m256;
using Mask = __m256;
inline constexpr std::int64_t kLanes = 8;
#else
using Vec = __m512;
using Mask = __mmask16;
inline constexpr std::int64_t kLanes = 16;
#endif

inline float widen(float x) {
  return x;
}
inline float widen(BFloat16 x) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16);
}

// To the nearest, ties to even; a NaN stays one.
inline BFloat16 to_bfloat16(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if (x != x) return static_cast<BFloat16>(bits >> 16 | 0x40U);
  return static_cast<BFloat16>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}
inline void narrow(float x, float* result) {
  *result = x;
}
inline void narrow(float x, BFloat16* result) {
  *result = to_bfloat16(x);
}

#if defined(ROUX_LEVEL_avx2)

inline Vec broadcast(float x) {
  return _mm256_set1_ps(x);
}

inline Vec load(const float* from) {
  return _mm256_loadu_ps(from);
}
inline Vec load(const BFloat16* from) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}

// All ones in the first `count` lanes.
inline __m256i first_lanes(std::int64_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
}

// The first `count` (0 to kLanes), zeros in the other lanes; nothing beyond is touched.
inline Vec load(const float* from, std::int64_t count) {
  return _mm256_maskload_ps(from, first_lanes(count));
}
inline Vec load(const BFloat16* from, std::int64_t count) {
  BFloat16 whole[kLanes] = {};
  for (std::int64_t i = 0; i < count; ++i) whole[i] = from[i];
  return load(whole);
}

inline __m128i bfloat16_bits(Vec x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  const __m256i upper = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, is_nan), 16);
  return _mm_packus_epi32(_mm256_castsi256_si128(upper), _mm256_extracti128_si256(upper, 1));
}

inline void store(float* to, Vec x) {
  _mm256_storeu_ps(to, x);
}
inline void store(BFloat16* to, Vec x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bfloat16_bits(x));
}
inline void store(float* to, Vec x, std::int64_t count) {
  _mm256_maskstore_ps(to, first_lanes(count), x);
}
inline void store(BFloat16* to, Vec x, std::int64_t count) {
  BFloat16 whole[kLanes];
  store(whole, x);
  for (std::int64_t i = 0; i < count; ++i) to[i] = whole[i];
}

// a * b + c and c - a * b, rounded once.
inline Vec fma(Vec a, Vec b, Vec c) {
  return _mm256_fmadd_ps(a, b, c);
}
inline Vec fnma(Vec a, Vec b, Vec c) {
  return _mm256_fnmadd_ps(a, b, c);
}

// Where either is a NaN: b.
inline Vec max(Vec a, Vec b) {
  return _mm256_max_ps(a, b);
}
inline Vec min(Vec a, Vec b) {
  return _mm256_min_ps(a, b);
}

inline Vec abs(Vec x) {
  return _mm256_andnot_ps(broadcast(-0.0F), x);
}
// |x| with the sign of `sign`.
inline Vec copysign(Vec x, Vec sign) {
  return _mm256_or_ps(abs(x), _mm256_and_ps(broadcast(-0.0F), sign));
}
inline Vec sqrt(Vec x) {
  return _mm256_sqrt_ps(x);
}
inline Vec round(Vec x) {
  return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

inline Mask less(Vec a, Vec b) {
  return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}
inline Vec select(Mask mask, Vec yes, Vec no) {
  return _mm256_blendv_ps(no, yes, mask);
}
// All lanes of the first `count`.
inline Mask first(std::int64_t count) {
  return _mm256_castsi256_ps(first_lanes(count));
}

inline float sum(Vec x) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}
inline float max(Vec x) {
  __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
  half = _mm_max_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}

// x * 2^n for whole n in [-252, 254], in two steps so that neither factor leaves a float's range.
inline Vec scale(Vec x, Vec n) {
  const __m256i whole = _mm256_cvtps_epi32(n);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const __m256i bias = _mm256_set1_epi32(127);
  const auto power = [&](__m256i e) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(e, bias), 23));
  };
  return _mm256_mul_ps(_mm256_mul_ps(x, power(half)), power(_mm256_sub_epi32(whole, half)));
}

#else

inline Vec broadcast(float x) {
  return _mm512_set1_ps(x);
}

inline Vec from_bfloat16(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
inline Mask first(std::int64_t count) {
  return static_cast<Mask>((1U << count) - 1U);
}

inline Vec load(const float* from) {
  return _mm512_loadu_ps(from);
}
inline Vec load(const BFloat16* from) {
  return from_bfloat16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
inline Vec load(const float* from, std::int64_t count) {
  return _mm512_maskz_loadu_ps(first(count), from);
}
inline Vec load(const BFloat16* from, std::int64_t count) {
  return from_bfloat16(_mm256_maskz_loadu_epi16(first(count), from));
}

inline __m256i bfloat16_bits(Vec x) {
#if defined(ROUX_LEVEL_avx512_bf16)
  // Takes subnormal numbers for zeros, unlike the other levels.
  return __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(x));
#else
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  const Mask is_nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  const __m512i kept = _mm512_mask_or_epi32(rounded, is_nan, bits, _mm512_set1_epi32(0x400000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16));
#endif
}

inline void store(float* to, Vec x) {
  _mm512_storeu_ps(to, x);
}
inline void store(BFloat16* to, Vec x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bfloat16_bits(x));
}
inline void store(float* to, Vec x, std::int64_t count) {
  _mm512_mask_storeu_ps(to, first(count), x);
}
inline void store(BFloat16* to, Vec x, std::int64_t count) {
  _mm256_mask_storeu_epi16(to, first(count), bfloat16_bits(x));
}

inline Vec fma(Vec a, Vec b, Vec c) {
  return _mm512_fmadd_ps(a, b, c);
}
inline Vec fnma(Vec a, Vec b, Vec c) {
  return _mm512_fnmadd_ps(a, b, c);
}

inline Vec max(Vec a, Vec b) {
  return _mm512_max_ps(a, b);
}
inline Vec min(Vec a, Vec b) {
  return _mm512_min_ps(a, b);
}

inline Vec abs(Vec x) {
  return _mm512_abs_ps(x);
}
inline Vec copysign(Vec x, Vec sign) {
  return _mm512_or_ps(abs(x), _mm512_and_ps(broadcast(-0.0F), sign));
}
inline Vec sqrt(Vec x) {
  return _mm512_sqrt_ps(x);
}
inline Vec round(Vec x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

inline Mask less(Vec a, Vec b) {
  return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
inline Vec select(Mask mask, Vec yes, Vec no) {
  return _mm512_mask_blend_ps(mask, no, yes);
}

inline float sum(Vec x) {
  return _mm512_reduce_add_ps(x);
}
inline float max(Vec x) {
  return _mm512_reduce_max_ps(x);
}

inline Vec scale(Vec x, Vec n) {
  return _mm512_scalef_ps(x, n);
}

#endif

// 1 / sqrt(x), within 2 ulp (the processor's own approximation has 12 or 14 bits).
inline Vec rsqrt(Vec x) {
  return broadcast(1.0F) / sqrt(x);
}

// Within 2 ulp. 0 from about -104 down, infinity from about 88.73 up.
inline Vec exp(Vec x) {
  x = min(broadcast(89.0F), max(broadcast(-104.0F), x));
  const Vec n = round(x * broadcast(1.44269504F));
  Vec r = fnma(n, broadcast(0.693359375F), x);  // ln 2 in two parts: the first times n is exact
  r = fnma(n, broadcast(-2.12194440e-4F), r);
  Vec p = broadcast(1.9875691500e-4F);  // Cephes' expf
  p = fma(p, r, broadcast(1.3981999507e-3F));
  p = fma(p, r, broadcast(8.3334519073e-3F));
  p = fma(p, r, broadcast(4.1665795894e-2F));
  p = fma(p, r, broadcast(1.6666665459e-1F));
  p = fma(p, r, broadcast(5.0000001201e-1F));
  p = fma(p, r * r, r);
  return scale(p + broadcast(1.0F), n);
}

// 1 / (1 + exp(-x)), within 3 ulp; 0 from about -88.7 down.
inline Vec sigmoid(Vec x) {
  return broadcast(1.0F) / (broadcast(1.0F) + exp(-x));
}

// Within 3 ulp.
inline Vec tanh(Vec x) {
  const Vec size = abs(x);
  const Vec z = x * x;
  Vec p = broadcast(-5.70498872745e-3F);  // Cephes' tanhf, near zero
  p = fma(p, z, broadcast(2.06390887954e-2F));
  p = fma(p, z, broadcast(-5.37397155531e-2F));
  p = fma(p, z, broadcast(1.33314422036e-1F));
  p = fma(p, z, broadcast(-3.33332819422e-1F));
  const Vec near = fma(p * z, x, x);
  const Vec beyond = broadcast(1.0F) - broadcast(2.0F) / (exp(size + size) + broadcast(1.0F));
  return select(less(size, broadcast(0.625F)), near, copysign(beyond, x));
}

// Within 2 ulp: two polynomials, the second of the logarithm of 1 - erf.
inline Vec erf(Vec x) {
  const Vec size = abs(x);
  const Vec z = x * x;
  Vec near = broadcast(-5.96761703e-4F);
  near = fma(near, z, broadcast(4.99119423e-3F));
  near = fma(near, z, broadcast(-2.67681349e-2F));
  near = fma(near, z, broadcast(1.12819925e-1F));
  near = fma(near, z, broadcast(-3.76125336e-1F));
  near = fma(near, z, broadcast(1.28379166e-1F));
  near = fma(near, x, x);
  const Vec t = min(broadcast(10.0F), size);
  Vec p = fma(broadcast(-1.72853470e-5F), t, broadcast(3.83197126e-4F));
  const Vec q = fma(broadcast(-3.88396438e-3F), t, broadcast(2.42546219e-2F));
  p = fma(p, t * t, q);
  p = fma(p, t, broadcast(-1.06777877e-1F));
  p = fma(p, t, broadcast(-6.34846687e-1F));
  p = fma(p, t, broadcast(-1.28717512e-1F));
  p = fma(p, t, -t);
  const Vec beyond = copysign(broadcast(1.0F) - exp(p), x);
  return select(less(broadcast(0.927734375F), size), beyond, near);
}

}  // namespace roux::ops::ROUX_LEVEL
