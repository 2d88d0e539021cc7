#include "optim/code_map.h"

#include <cmath>
#include <cstdlib>
#include <vector>

namespace roux {
namespace {

// The middle of the `part`-th of equal parts of a decade that ends at 10^(decade - 6).
double middle(int decade, int part, int parts) {
  return std::pow(10.0, decade - 6) * (0.1 + 0.9 * (part + 0.5) / parts);
}

ops::CodeMap make_map(bool has_sign) {
  ops::CodeMap map{};
  std::vector<double> sizes{0.0};
  for (int decade = 0; decade < ops::CodeMap::kDecades; ++decade) {
    ops::CodeMap::Decade& its = map.back.decades[decade];
    const int parts = 1 << (has_sign ? decade : decade + 1);
    const double slope = parts / (0.9 * std::pow(10.0, decade - 6));
    its.from = static_cast<float>((sizes.back() + middle(decade, 0, parts)) / 2.0);
    its.slope = static_cast<float>(slope);
    its.offset = static_cast<float>(static_cast<double>(sizes.size()) - 0.1 / 0.9 * parts);
    for (int part = 0; part < parts; ++part) sizes.push_back(middle(decade, part, parts));
    its.most = static_cast<float>(sizes.size() - 1);
  }
  map.back.one_from = static_cast<float>((sizes.back() + 1.0) / 2.0);
  map.back.zero = has_sign ? static_cast<std::int32_t>(sizes.size()) - 1 : 0;
  sizes.push_back(1.0);

  // 1 has no counterpart below 0.
  for (int code = 0; code < 256; ++code) {
    const int from_zero = code - map.back.zero;
    const double size = sizes.at(static_cast<std::size_t>(std::abs(from_zero)));
    map.values[code] = static_cast<float>(from_zero < 0 ? -size : size);
  }
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
