#include "optim/code_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ops/level_override.h"
#include "optim/flat_pass.h"
#include "roux/base/random.h"

namespace roux {
namespace {

int nearest(const ops::CodeMap& map, float number) {
  int best = 0;
  for (int code = 1; code < 256; ++code) {
    if (std::fabs(map.values[code] - number) < std::fabs(map.values[best] - number)) best = code;
  }
  return best;
}

TEST(CodeMap, HasTheValuesOfBitsandbytes) {
  // create_dynamic_map() of bitsandbytes and torchao.
  const ops::CodeMap& with_sign = signed_code_map();
  const ops::CodeMap& without = unsigned_code_map();

  EXPECT_FLOAT_EQ(with_sign.values[0], -0.99296875F);
  EXPECT_FLOAT_EQ(with_sign.values[126], -5.5e-7F);
  EXPECT_EQ(with_sign.values[127], 0.0F);
  EXPECT_FLOAT_EQ(with_sign.values[128], 5.5e-7F);
  EXPECT_FLOAT_EQ(with_sign.values[129], 3.25e-6F);
  EXPECT_FLOAT_EQ(with_sign.values[254], 0.99296875F);
  EXPECT_EQ(with_sign.values[255], 1.0F);
  EXPECT_EQ(without.values[0], 0.0F);
  EXPECT_FLOAT_EQ(without.values[1], 3.25e-7F);
  EXPECT_FLOAT_EQ(without.values[2], 7.75e-7F);
  EXPECT_FLOAT_EQ(without.values[254], 0.996484375F);
  EXPECT_EQ(without.values[255], 1.0F);
}

TEST(CodeMap, GivesEachNumberItsNearestCodeOnEveryLevel) {
  RandomStream random(3, "numbers");
  std::vector<float> numbers;
  for (int i = 0; i < 20'000; ++i) {
    const double size = std::pow(10.0, -8.0 * random.uniform());
    numbers.push_back(static_cast<float>(i % 2 == 0 ? size : -size));
  }
  numbers[0] = 1.0F;  // so that the scale is 1
  numbers[1] = 0.0F;
  std::vector<std::uint8_t> codes(numbers.size());
  for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
    const ops::LevelOverride override(level);
    const auto& kernels = optimizer_kernels_of<float>();
    const auto count = static_cast<std::int64_t>(numbers.size());
    for (const ops::CodeMap* map : {&signed_code_map(), &unsigned_code_map()}) {
      EXPECT_EQ(kernels.encode(numbers.data(), *map, codes.data(), count), 1.0F);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const float expected = map->values[nearest(*map, numbers[i])];
        const float found = map->values[codes[i]];
        // Halfway between two values either will do.
        EXPECT_LE(std::fabs(found - numbers[i]), std::fabs(expected - numbers[i]) * 1.0001F)
            << numbers[i] << " " << ops::to_string(level);
      }
    }
  }
}

TEST(CodeMap, KeepsItsOwnValues) {
  std::uint8_t codes[256];
  for (const ops::CodeMap* map : {&signed_code_map(), &unsigned_code_map()}) {
    optimizer_kernels_of<float>().encode(map->values, *map, codes, 256);
    for (int code = 0; code < 256; ++code) EXPECT_EQ(codes[code], code);
  }
}

TEST(CodeMap, ScalesABlockByItsLargest) {
  const std::vector<float> numbers{0.5F, -4.0F, 0.0F};
  std::vector<std::uint8_t> codes(3);
  std::vector<float> back(3);
  const auto& kernels = optimizer_kernels_of<float>();

  const float scale = kernels.encode(numbers.data(), signed_code_map(), codes.data(), 3);
  kernels.decode(codes.data(), scale, signed_code_map(), back.data(), 3);

  EXPECT_EQ(scale, 4.0F);
  EXPECT_NEAR(back[0], 0.5F, 0.03F);
  EXPECT_FLOAT_EQ(back[1], -4.0F * 0.99296875F);
  EXPECT_EQ(back[2], 0.0F);
}

TEST(CodeMap, StaysInsideWhateverComes) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> numbers{std::nanf(""), infinity, -infinity, -1.0F};
  std::vector<std::uint8_t> codes(4);
  for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
    const ops::LevelOverride override(level);
    for (const ops::CodeMap* map : {&signed_code_map(), &unsigned_code_map()}) {
      optimizer_kernels_of<float>().encode(numbers.data(), *map, codes.data(), 4);
    }
  }
}

}  // namespace
}  // namespace roux
