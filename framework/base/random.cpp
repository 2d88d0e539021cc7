#include "roux/base/random.h"

#include <limits>

#include "base/normal_quantile.h"
#include "roux/base/error.h"

namespace roux {
namespace {

__extension__ using Wide = unsigned __int128;

// SplitMix64's finaliser: a bijection that spreads every bit over all others.
constexpr std::uint64_t spread(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Added before spreading, so that 0 doesn't lead to 0; 2^64 / golden ratio.
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
// Keeps children by index apart from children by name.
constexpr std::uint64_t kIndex = 0xD1B54A32D192ED03;

std::uint64_t derive(std::uint64_t key, std::uint64_t word) {
  return spread(spread(key + kGolden) ^ word);
}

constexpr std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
constexpr std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 2> key,
                                    std::array<std::uint32_t, 4> counter) {
  constexpr int kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {high(second) ^ counter[1] ^ key[0], low(second), high(first) ^ counter[3] ^ key[1],
               low(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

std::uint64_t hash_name(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3;
  }
  return spread(hash);
}

RandomStream::RandomStream(std::uint64_t seed, std::string_view name)
    : key_(derive(seed, hash_name(name))) {}

RandomStream RandomStream::child(std::string_view name) const {
  return RandomStream(derive(key_, hash_name(name)));
}

RandomStream RandomStream::child(std::uint64_t index) const {
  return RandomStream(derive(key_, spread(index + kIndex)));
}

std::uint64_t RandomStream::bits(std::uint64_t index) const {
  const std::uint64_t block = index / 2;
  const auto words = philox({low(key_), high(key_)}, {low(block), high(block), 0, 0});
  const std::size_t half = 2 * (index % 2);
  return words.at(half) | std::uint64_t{words.at(half + 1)} << 32;
}

double RandomStream::uniform(std::uint64_t index) const {
  return static_cast<double>(bits(index) >> 11) * 0x1p-53;
}

double RandomStream::normal(std::uint64_t index) const {
  // The middle of one of 2^52 equal parts, so never 0 or 1, and symmetric.
  return normal_quantile((static_cast<double>(bits(index) >> 12) + 0.5) * 0x1p-52);
}

std::uint64_t RandomStream::operator()() {
  return bits(position_++);
}

std::uint64_t RandomStream::uniform_int(std::uint64_t bound) {
  require(bound >= 1, "RandomStream::uniform_int: bound must be 1 or more");
  // Lemire, "Fast Random Integer Generation in an Interval" (2019): the upper half of a product is
  // unbiased once the 2^64 % bound lowest lower halves are refused.
  const std::uint64_t refused = (0 - bound) % bound;
  for (;;) {
    const Wide product = static_cast<Wide>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) >= refused) {
      return static_cast<std::uint64_t>(product >> 64);
    }
  }
}

}  // namespace roux
