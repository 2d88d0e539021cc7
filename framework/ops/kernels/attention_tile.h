#pragma once

#include <cstdint>

#include "ops/kernels/vector.h"

// The blocks that attention is made of: small matrices in float, aligned, their rows padded with
// zeros, and the product of a tile of 8 rows.
namespace roux::ops::ROUX_LEVEL {

inline constexpr std::int64_t kTileRows = 8;
inline constexpr float kLowest = -3.0e38F;

inline std::int64_t round_down(std::int64_t x, std::int64_t to) {
  return x / to * to;
}
inline std::int64_t round_up(std::int64_t x, std::int64_t to) {
  return (x + to - 1) / to * to;
}
inline std::int64_t least(std::int64_t a, std::int64_t b) {
  return a < b ? a : b;
}
inline std::int64_t most(std::int64_t a, std::int64_t b) {
  return a > b ? a : b;
}

// Hands out pieces of a work space; without one it only counts.
class Space {
 public:
  explicit Space(float* begin) : begin_(begin) {}

  float* floats(std::int64_t count) {
    float* piece = begin_ == nullptr ? nullptr : begin_ + used_;
    used_ += round_up(count, 16);
    return piece;
  }
  std::int64_t used() const { return used_; }

 private:
  float* begin_;
  std::int64_t used_ = 0;
};

inline void fill(float* to, std::int64_t count, float value) {
  const Vec x = broadcast(value);
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, x);
  if (i < count) store(to + i, x, count - i);
}

// The columns that a query sees.
struct Seen {
  std::int64_t first, last;
};

// Columns [begin, end) that are not seen get `value`. Whole vectors are written, since a load waits
// for a masked store to reach the cache.
inline void hide(float* row, std::int64_t begin, std::int64_t end, const Seen& seen, float value) {
  const Vec hidden = broadcast(value);
  for (std::int64_t i = begin; i < seen.first; i += kLanes) {
    const Mask before = first(least(kLanes, seen.first - i));
    store(row + i, select(before, hidden, load(row + i)));
  }
  for (std::int64_t i = round_down(seen.last, kLanes); i < end; i += kLanes) {
    const Mask before = first(most(0, seen.last - i));
    store(row + i, select(before, load(row + i), hidden));
  }
}

// 2^x within 3 ulp; 0 below -126, since numbers without a leading one are slow. A NaN stays one.
inline Vec exp2(Vec x) {
#if defined(ROUX_LEVEL_avx2)
  const Mask nothing = less(x, broadcast(-126.0F));
  x = max(broadcast(-126.0F), x);
#else
  const Mask something = _mm512_cmp_ps_mask(x, broadcast(-126.0F), _CMP_NLT_UQ);
#endif
  const Vec n = round(x);
  const Vec r = x - n;
  Vec p = broadcast(1.3276470126584172e-3F);  // minimax of degree 5, relative error 1e-7
  p = fma(p, r, broadcast(9.675540961325169e-3F));
  p = fma(p, r, broadcast(5.550713464617729e-2F));
  p = fma(p, r, broadcast(0.24022120237350464F));
  p = fma(p, r, broadcast(0.6931469440460205F));
  p = fma(p, r, broadcast(1.0F));
#if defined(ROUX_LEVEL_avx2)
  return select(nothing, broadcast(0.0F), scale(p, n));
#else
  return _mm512_maskz_scalef_ps(something, p, n);
#endif
}

// Copies rows of any element type, times a factor, and pads them to `width` columns and
// `padded_rows` rows.
template <typename T>
inline void pack_rows(const T* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                      float factor, float* to, std::int64_t width, std::int64_t padded_rows) {
  const Vec times = broadcast(factor);
  for (std::int64_t row = 0; row < rows; ++row) {
    const T* source = from + row * stride;
    float* target = to + row * width;
    std::int64_t i = 0;
    for (; i + kLanes <= columns; i += kLanes) store(target + i, load(source + i) * times);
    for (; i < width; i += kLanes) {
      store(target + i, load(source + i, most(0, columns - i)) * times);
    }
  }
  fill(to + rows * width, (padded_rows - rows) * width, 0.0F);
}

#if defined(ROUX_LEVEL_avx2)

inline void transpose(Vec (&x)[8]) {
  Vec y[8];
  for (int i = 0; i < 4; ++i) {
    y[2 * i] = _mm256_unpacklo_ps(x[2 * i], x[2 * i + 1]);
    y[2 * i + 1] = _mm256_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
  for (int i = 0; i < 2; ++i) {
    x[4 * i] = _mm256_shuffle_ps(y[4 * i], y[4 * i + 2], 0x44);
    x[4 * i + 1] = _mm256_shuffle_ps(y[4 * i], y[4 * i + 2], 0xEE);
    x[4 * i + 2] = _mm256_shuffle_ps(y[4 * i + 1], y[4 * i + 3], 0x44);
    x[4 * i + 3] = _mm256_shuffle_ps(y[4 * i + 1], y[4 * i + 3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    y[i] = _mm256_permute2f128_ps(x[i], x[i + 4], 0x20);
    y[i + 4] = _mm256_permute2f128_ps(x[i], x[i + 4], 0x31);
  }
  for (int i = 0; i < 8; ++i) x[i] = y[i];
}

#else

inline void transpose(Vec (&x)[16]) {
  Vec y[16];
  for (int i = 0; i < 8; ++i) {
    y[2 * i] = _mm512_unpacklo_ps(x[2 * i], x[2 * i + 1]);
    y[2 * i + 1] = _mm512_unpackhi_ps(x[2 * i], x[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    x[4 * i] = _mm512_shuffle_ps(y[4 * i], y[4 * i + 2], 0x44);
    x[4 * i + 1] = _mm512_shuffle_ps(y[4 * i], y[4 * i + 2], 0xEE);
    x[4 * i + 2] = _mm512_shuffle_ps(y[4 * i + 1], y[4 * i + 3], 0x44);
    x[4 * i + 3] = _mm512_shuffle_ps(y[4 * i + 1], y[4 * i + 3], 0xEE);
  }
  // Each quarter of x[4 * i + j] is column j of four rows; now the quarters change places.
  for (int j = 0; j < 4; ++j) {
    const Vec ab_even = _mm512_shuffle_f32x4(x[j], x[j + 4], 0x88);
    const Vec ab_odd = _mm512_shuffle_f32x4(x[j], x[j + 4], 0xDD);
    const Vec cd_even = _mm512_shuffle_f32x4(x[j + 8], x[j + 12], 0x88);
    const Vec cd_odd = _mm512_shuffle_f32x4(x[j + 8], x[j + 12], 0xDD);
    y[j] = _mm512_shuffle_f32x4(ab_even, cd_even, 0x88);
    y[j + 8] = _mm512_shuffle_f32x4(ab_even, cd_even, 0xDD);
    y[j + 4] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0x88);
    y[j + 12] = _mm512_shuffle_f32x4(ab_odd, cd_odd, 0xDD);
  }
  for (int i = 0; i < 16; ++i) x[i] = y[i];
}

#endif

// The transposed: panels of kLanes rows of `from`, each [columns][kLanes]. Rows are padded with
// zeros to whole panels, up to `padded_rows`.
template <typename T>
inline void pack_panels(const T* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                        float* to, std::int64_t padded_rows) {
  for (std::int64_t row = 0; row < padded_rows; row += kLanes) {
    float* panel = to + row * columns;
    for (std::int64_t column = 0; column < columns; column += kLanes) {
      const std::int64_t count = least(kLanes, columns - column);
      Vec x[kLanes];
#pragma GCC unroll 16
      for (std::int64_t i = 0; i < kLanes; ++i) {
        x[i] = row + i < rows ? load(from + (row + i) * stride + column, count) : broadcast(0.0F);
      }
      transpose(x);
#pragma GCC unroll 16
      for (std::int64_t i = 0; i < kLanes; ++i) {
        if (i < count) store(panel + (column + i) * kLanes, x[i]);
      }
    }
  }
}

// The right side of a product, [inner, columns], in vectors of columns: vector v of row k lies at
// data + k * row + v * vector.
struct Right {
  const float* data;
  std::int64_t row;
  std::int64_t vector;
};
inline Right panels(const float* data, std::int64_t inner) {
  return {data, kLanes, inner * kLanes};
}
inline Right dense(const float* data, std::int64_t width) {
  return {data, width, kLanes};
}

// The left side, [8, inner]: element (i, k) lies at data + i * row + k * column.
struct Left {
  const float* data;
  std::int64_t row;
  std::int64_t column;
};

// What becomes of the old result: it is overwritten, or multiplied by a factor for each row, and
// added to.
enum class Old { Overwritten, Kept, Scaled };

template <int kRows, int kVectors, Old old>
inline void product_block(const Left& left, const Right& right, std::int64_t inner, float* result,
                          std::int64_t width, const float* factors) {
  Vec sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) {
      if constexpr (old == Old::Overwritten) sums[i][v] = broadcast(0.0F);
      if constexpr (old == Old::Kept) sums[i][v] = load(result + i * width + v * kLanes);
      if constexpr (old == Old::Scaled) {
        sums[i][v] = load(result + i * width + v * kLanes) * broadcast(factors[i]);
      }
    }
  }
  const float* a = left.data;
  const float* b = right.data;
  for (std::int64_t k = 0; k < inner; ++k) {
    Vec columns[kVectors];
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) columns[v] = load(b + v * right.vector);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const Vec element = broadcast(a[i * left.row]);
#pragma GCC unroll 3
      for (int v = 0; v < kVectors; ++v) sums[i][v] = fma(element, columns[v], sums[i][v]);
    }
    a += left.column;
    b += right.row;
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 3
    for (int v = 0; v < kVectors; ++v) store(result + i * width + v * kLanes, sums[i][v]);
  }
}

// As many rows as leave every sum in a register.
#if defined(ROUX_LEVEL_avx2)
inline constexpr int kBlockRows = 4;
#else
inline constexpr int kBlockRows = 8;
#endif

template <int kVectors, Old old>
[[gnu::noinline]] void product_columns(const Left& left, const Right& right, std::int64_t inner,
                                       float* result, std::int64_t width, const float* factors) {
  for (std::int64_t i = 0; i < kTileRows; i += kBlockRows) {
    product_block<kBlockRows, kVectors, old>({left.data + i * left.row, left.row, left.column},
                                             right, inner, result + i * width, width,
                                             factors == nullptr ? nullptr : factors + i);
  }
}

// result [8, vectors * kLanes] = old + left * right.
template <Old old>
inline void product(const Left& left, Right right, std::int64_t inner, std::int64_t vectors,
                    float* result, std::int64_t width, const float* factors = nullptr) {
  while (vectors > 0) {
    const std::int64_t taken = vectors == 4 ? 2 : least(vectors, 3);
    if (taken == 3) product_columns<3, old>(left, right, inner, result, width, factors);
    if (taken == 2) product_columns<2, old>(left, right, inner, result, width, factors);
    if (taken == 1) product_columns<1, old>(left, right, inner, result, width, factors);
    vectors -= taken;
    right.data += taken * right.vector;
    result += taken * kLanes;
  }
}

}  // namespace roux::ops::ROUX_LEVEL
