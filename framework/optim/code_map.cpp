#include "optim/code_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "roux/base/error.h"

namespace roux {
namespace {

std::vector<float> values_of(bool has_sign) {
  std::vector<float> values{0.0F, 1.0F};
  for (int decade = 0; decade < 7; ++decade) {
    const int parts = 1 << (has_sign ? decade : decade + 1);
    const double largest = std::pow(10.0, decade - 6);
    for (int i = 0; i < parts; ++i) {
      // The middle of the i-th of as many equal parts of [0.1, 1].
      const double middle = 0.1 + 0.9 * (i + 0.5) / parts;
      values.push_back(static_cast<float>(largest * middle));
      if (has_sign) values.push_back(static_cast<float>(-largest * middle));
    }
  }
  std::sort(values.begin(), values.end());
  return values;
}

int code_of(const ops::CodeMap& map, float number) {
  const float* begin = map.from + 1;
  return static_cast<int>(std::upper_bound(begin, begin + 255, number) - begin);
}

float float_of_bits(std::uint32_t bits) {
  return __builtin_bit_cast(float, bits);
}

// A key's numbers are those whose upper bits it is; the smallest sizes of all share the first.
void fill_keys(ops::CodeMap& map) {
  constexpr int kKeys = ops::CodeMap::kKeysASign;
  for (int key = 0; key < kKeys; ++key) {
    const auto upper = static_cast<std::uint32_t>(key + (102 << 7));
    const float low = key == 0 ? 0.0F : float_of_bits(upper << 16);
    const float high = key == kKeys - 1 ? low : float_of_bits((upper << 16) | 0xFFFFU);
    map.first[key] = code_of(map, low);
    map.first[kKeys + key] = code_of(map, -high);
    require(code_of(map, high) <= map.first[key] + 1 &&
                code_of(map, -low) <= map.first[kKeys + key] + 1,
            "CodeMap: a key has two codes at most");
  }
}

ops::CodeMap make_map(bool has_sign) {
  const std::vector<float> values = values_of(has_sign);
  require(values.size() == 256, "CodeMap: as many values as codes");
  ops::CodeMap map{};
  std::copy(values.begin(), values.end(), map.values);
  map.from[0] = -std::numeric_limits<float>::infinity();
  map.from[256] = std::numeric_limits<float>::infinity();
  for (int code = 1; code < 256; ++code) {
    const float below = map.values[code - 1];
    map.from[code] = below + (map.values[code] - below) * 0.5F;
  }
  fill_keys(map);
  return map;
}

}  // namespace

const ops::CodeMap& signed_code_map() {
  static const ops::CodeMap map = make_map(true);
  return map;
}

const ops::CodeMap& unsigned_code_map() {
  static const ops::CodeMap map = make_map(false);
  return map;
}

}  // namespace roux
