#include "roux/base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "base/normal_quantile.h"
#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;

using Words = std::array<std::uint32_t, 4>;

// Random123 1.14.0, tests/kat_vectors, lines "philox4x32 10".
TEST(Philox, GivesTheKnownAnswersOfItsAuthors) {
  constexpr std::uint32_t kOnes = 0xFFFFFFFF;

  EXPECT_EQ(philox({0, 0}, {0, 0, 0, 0}), (Words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  EXPECT_EQ(philox({kOnes, kOnes}, {kOnes, kOnes, kOnes, kOnes}),
            (Words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(philox({0xA4093822, 0x299F31D0}, {0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}),
            (Words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

// The golden numbers below come from a model of the header's definitions written in Python; they
// must never change, or runs could not be repeated.
TEST(RandomStream, GivesItsGoldenNumbers) {
  const RandomStream data(1, "data");

  EXPECT_EQ(hash_name(""), 0xF52A15E9A9B5E89B);
  EXPECT_EQ(hash_name("dropout"), 0xF6A24E93A4BC2815);
  EXPECT_EQ(data.key(), 0xDA47067633DE2215);
  EXPECT_EQ(data.bits(0), 0x56B2E7CC15EC52B3);
  EXPECT_EQ(data.bits(1), 0x98B337B36E551BD0);
  EXPECT_EQ(data.bits(2), 0x92B6E60691D0DA53);
  EXPECT_EQ(data.bits((std::uint64_t{1} << 40) + 1), 0x7DA3C035CC03BB46);
  EXPECT_EQ(data.child("shuffle").child(3).key(), 0x34F3C9563A099F72);
  EXPECT_EQ(data.child("shuffle").child(3).bits(0), 0xCD4D8DCDAAFCFE38);
}

TEST(RandomStream, GivesItsGoldenUniformNumbers) {
  const RandomStream data(1, "data");

  EXPECT_EQ(data.uniform(0), 0.33866738064345836);
  EXPECT_EQ(data.uniform(1), 0.5964846432746821);
  EXPECT_EQ(data.uniform(2), 0.5731033102072759);
}

TEST(RandomStream, GivesItsGoldenNormalNumbers) {
  const RandomStream data(1, "data");

  // By mpmath, to 20 digits.
  EXPECT_DOUBLE_EQ(data.normal(0), -0.41610282714570836841);
  EXPECT_DOUBLE_EQ(data.normal(1), 0.244258382345963919);
  EXPECT_DOUBLE_EQ(data.normal(2), 0.18428053965916532978);
  EXPECT_DOUBLE_EQ(data.normal(3), -0.82841301161116896116);
}

TEST(RandomStream, GivesItsGoldenIntegers) {
  RandomStream small(1, "data");
  RandomStream large(1, "data");

  std::vector<std::uint64_t> numbers;
  for (int i = 0; i < 12; ++i) numbers.push_back(small.uniform_int(10));

  EXPECT_THAT(numbers, ElementsAre(3, 5, 5, 2, 3, 2, 4, 1, 5, 6, 3, 7));
  // Of a bound past half the range, every other number is refused.
  constexpr std::uint64_t kBound = (std::uint64_t{1} << 63) + 1;
  EXPECT_EQ(large.uniform_int(kBound), 3123655248421726553);
  EXPECT_EQ(large.uniform_int(kBound), 5501599779192999400);
  EXPECT_EQ(large.uniform_int(kBound), 3306844169900886629);
  EXPECT_EQ(large.position(), 5);
}

TEST(RandomStream, GivesInSequenceWhatItGivesByIndex) {
  RandomStream stream(1, "data");

  EXPECT_EQ(stream(), stream.bits(0));
  EXPECT_EQ(stream.uniform(), stream.uniform(1));
  EXPECT_EQ(stream.normal(), stream.normal(2));
  EXPECT_EQ(stream.position(), 3);
  stream.seek(1'000'000);
  EXPECT_EQ(stream(), stream.bits(1'000'000));
}

TEST(RandomStream, DiffersBySeedNameAndIndex) {
  const RandomStream data(1, "data");

  const std::set<std::uint64_t> keys{data.key(),
                                     RandomStream(2, "data").key(),
                                     RandomStream(1, "model").key(),
                                     data.child("data").key(),
                                     data.child("").key(),
                                     data.child("0").key(),
                                     data.child(0).key(),
                                     data.child(1).key(),
                                     data.child(0).child(1).key(),
                                     data.child(1).child(0).key()};

  EXPECT_EQ(keys.size(), 10);
}

TEST(RandomStream, HasChildrenThatDontDependOnItsPosition) {
  RandomStream data(1, "data");
  const std::uint64_t before = data.child("shuffle").key();

  data();

  EXPECT_EQ(data.child("shuffle").key(), before);
  EXPECT_EQ(data.child("shuffle").position(), 0);
}

TEST(RandomStream, ServesTheDistributionsOfTheStandardLibrary) {
  static_assert(std::uniform_random_bit_generator<RandomStream>);
  RandomStream stream(1, "data");

  std::uniform_int_distribution<int> dice(1, 6);

  EXPECT_THAT(dice(stream), ::testing::AllOf(::testing::Ge(1), ::testing::Le(6)));
}

TEST(RandomStream, IsEvenlyDistributed) {
  RandomStream stream(1, "distribution");
  constexpr int kDraws = 60'000;
  std::array<int, 6> counts{};

  for (int i = 0; i < kDraws; ++i) ++counts.at(stream.uniform_int(6));

  double chi_square = 0;
  for (const int count : counts) chi_square += std::pow(count - kDraws / 6, 2) / (kDraws / 6.0);
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom: once in a thousand seeds
}

TEST(RandomStream, IsNormallyDistributed) {
  const RandomStream stream(1, "distribution");
  constexpr int kDraws = 100'000;
  double sum = 0;
  double squares = 0;
  double fourth_powers = 0;

  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal(static_cast<std::uint64_t>(i));
    sum += x;
    squares += x * x;
    fourth_powers += x * x * x * x;
  }

  // Four standard errors each.
  EXPECT_NEAR(sum / kDraws, 0, 0.0127);
  EXPECT_NEAR(squares / kDraws, 1, 0.0179);
  EXPECT_NEAR(fourth_powers / kDraws, 3, 0.124);
}

TEST(RandomStream, TakesABoundOfZeroForABug) {
  EXPECT_THROW(RandomStream(1, "data").uniform_int(0), InternalError);
}

// Expected values by mpmath, to 20 digits.
TEST(NormalQuantile, IsRightInTheCentreAndInBothTails) {
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_DOUBLE_EQ(normal_quantile(0.6), 0.25334710313579974132);
  EXPECT_DOUBLE_EQ(normal_quantile(0.075), -1.4395314709384559349);
  EXPECT_DOUBLE_EQ(normal_quantile(0.07), -1.4757910281791706856);
  EXPECT_DOUBLE_EQ(normal_quantile(0.975), 1.9599639845400538556);
  EXPECT_DOUBLE_EQ(normal_quantile(0.001), -3.0902323061678135354);
  EXPECT_DOUBLE_EQ(normal_quantile(0x1.6a2p-5), -1.7038483426107894961);  // the logarithm's worst
  EXPECT_DOUBLE_EQ(normal_quantile(1e-10), -6.3613409024040561991);
  EXPECT_DOUBLE_EQ(normal_quantile(0x1p-53), -8.2095361516013868556);
}

}  // namespace
}  // namespace roux
