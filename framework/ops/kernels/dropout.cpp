#include "ops/kernels/dropout.h"

#include "ops/kernels/vector.h"

namespace roux::ops::ROUX_LEVEL {
namespace {

// Philox4x32-10, as in framework/base/random.cpp, of several blocks at once: a 32-bit word in each
// 64-bit lane, whose upper half holds zeros or is not looked at. A block gives two numbers.
#if defined(ROUX_LEVEL_avx2)
using Words = __m256i;
inline Words words(std::uint64_t x) {
  return _mm256_set1_epi64x(static_cast<long long>(x));
}
inline Words lanes() {
  return _mm256_setr_epi64x(0, 1, 2, 3);
}
inline Words multiply(Words a, Words b) {
  return _mm256_mul_epu32(a, b);
}
inline Words upper(Words x) {
  return _mm256_srli_epi64(x, 32);
}
inline Words exclusive(Words a, Words b, Words c) {
  return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}
// Lanes of the even and the odd numbers that are kept, in the numbers' order.
inline Mask kept(Words even_low, Words even_high, Words odd_low, Words odd_high,
                 std::uint64_t threshold) {
  const Words low_half = words(0xFFFFFFFF);
  const auto dropped = [&](Words low, Words high) {
    const Words bits =
        _mm256_or_si256(_mm256_and_si256(low, low_half), _mm256_slli_epi64(high, 32));
    return _mm256_cmpgt_epi64(words(threshold), _mm256_srli_epi64(bits, 11));
  };
  const Words both =
      _mm256_blend_epi32(dropped(even_low, even_high), dropped(odd_low, odd_high), 0b10101010);
  return _mm256_castsi256_ps(_mm256_xor_si256(both, words(~std::uint64_t{0})));
}
#else
using Words = __m512i;
inline Words words(std::uint64_t x) {
  return _mm512_set1_epi64(static_cast<long long>(x));
}
inline Words lanes() {
  return _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
}
inline Words multiply(Words a, Words b) {
  return _mm512_mul_epu32(a, b);
}
inline Words upper(Words x) {
  return _mm512_srli_epi64(x, 32);
}
inline Words exclusive(Words a, Words b, Words c) {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
inline Mask kept(Words even_low, Words even_high, Words odd_low, Words odd_high,
                 std::uint64_t threshold) {
  const auto stays = [&](Words low, Words high) -> unsigned {
    const Words bits =
        _mm512_or_si512(_mm512_and_si512(low, words(0xFFFFFFFF)), _mm512_slli_epi64(high, 32));
    return _mm512_cmpge_epu64_mask(_mm512_srli_epi64(bits, 11), words(threshold));
  };
  return static_cast<Mask>(_pdep_u32(stays(even_low, even_high), 0x5555U) |
                           _pdep_u32(stays(odd_low, odd_high), 0xAAAAU));
}
#endif

// Whether each of the kLanes numbers from `first` on is kept. `first` is even.
inline Mask kept_from(std::uint64_t first, std::uint64_t key, std::uint64_t threshold) {
  const Words block = words(first / 2) + lanes();
  Words c0 = block;
  Words c1 = upper(block);
  Words c2 = words(0);
  Words c3 = words(0);
  auto k0 = static_cast<std::uint32_t>(key);
  auto k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const Words one = multiply(c0, words(0xD2511F53));
    const Words two = multiply(c2, words(0xCD9E8D57));
    c0 = exclusive(upper(two), c1, words(k0));
    c1 = two;
    c2 = exclusive(upper(one), c3, words(k1));
    c3 = one;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return kept(c0, c1, c2, c3, threshold);
}

template <typename T>
void dropout(const T* x, T* y, std::int64_t count, float scale, std::uint64_t threshold,
             std::uint64_t key, std::uint64_t first) {
  const Vec factor = broadcast(scale);
  const auto drop = [&](Vec v, Mask mask) { return select(mask, v * factor, broadcast(0.0F)); };
  std::int64_t i = 0;
  if (first % 2 == 1 && count > 0) {
    // The second number of its block: seen from the first, one lane further.
    float both[kLanes];
    store(both, drop(broadcast(widen(x[0])), kept_from(first - 1, key, threshold)));
    narrow(both[1], y);
    i = 1;
  }
  for (; i + kLanes <= count; i += kLanes) {
    const auto at = first + static_cast<std::uint64_t>(i);
    store(y + i, drop(load(x + i), kept_from(at, key, threshold)));
  }
  if (const std::int64_t rest = count - i; rest > 0) {
    const auto at = first + static_cast<std::uint64_t>(i);
    store(y + i, drop(load(x + i, rest), kept_from(at, key, threshold)), rest);
  }
}

}  // namespace

const DropoutKernels dropout_kernels{dropout<float>, dropout<BFloat16>};

}  // namespace roux::ops::ROUX_LEVEL
