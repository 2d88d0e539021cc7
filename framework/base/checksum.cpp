#include "roux/base/checksum.h"

#include <array>
#include <bit>
#include <cstring>

#include "base/crc32c.h"
#include "roux/base/error.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace roux {
namespace {

static_assert(std::endian::native == std::endian::little);

// A checksum is a polynomial over GF(2) modulo this one, in mirrored notation: the highest bit is
// x^0, and to multiply by x is to shift right.
constexpr std::uint32_t kPolynomial = 0x82F63B78;
constexpr std::uint32_t kOne = 0x80000000;

constexpr std::uint32_t times(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? kPolynomial : 0);
  }
  return product;
}

// x^(8 × bytes): what a checksum is multiplied by when so many zeros follow.
constexpr std::uint32_t power_of_zeros(std::uint64_t bytes) {
  std::uint32_t result = kOne;
  for (std::uint32_t square = kOne >> 8; bytes != 0; bytes >>= 1) {
    if ((bytes & 1) != 0) result = times(result, square);
    square = times(square, square);
  }
  return result;
}

// Multiplies by power_of_zeros(bytes), with one look-up for each of the four bytes of a checksum.
class ZerosTable {
 public:
  constexpr explicit ZerosTable(std::uint64_t bytes) : table_{} {
    const std::uint32_t power = power_of_zeros(bytes);
    for (std::uint32_t place = 0; place < 4; ++place) {
      for (std::uint32_t byte = 0; byte < 256; ++byte) {
        table_[place][byte] = times(byte << (8 * place), power);
      }
    }
  }

  std::uint32_t operator()(std::uint32_t crc) const {
    return table_[0][crc & 0xFF] ^ table_[1][(crc >> 8) & 0xFF] ^ table_[2][(crc >> 16) & 0xFF] ^
           table_[3][crc >> 24];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_;
};

template <typename Word>
Word load(const std::byte* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

#if defined(__x86_64__)

// The instruction gives a result every cycle, but only three cycles after it was asked. So three
// blocks are computed side by side, and then put together by what combine_crc32c() says.
template <std::size_t kBlock>
__attribute__((target("sse4.2"))) std::uint64_t extend_by_three_blocks(
    std::uint64_t crc, std::span<const std::byte>& bytes) {
  static constexpr ZerosTable kZeros(kBlock);
  while (bytes.size() >= 3 * kBlock) {
    const std::byte* data = bytes.data();
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t at = 0; at < kBlock; at += 8) {
      crc = _mm_crc32_u64(crc, load<std::uint64_t>(data + at));
      second = _mm_crc32_u64(second, load<std::uint64_t>(data + kBlock + at));
      third = _mm_crc32_u64(third, load<std::uint64_t>(data + 2 * kBlock + at));
    }
    crc = kZeros(static_cast<std::uint32_t>(crc)) ^ second;
    crc = kZeros(static_cast<std::uint32_t>(crc)) ^ third;
    bytes = bytes.subspan(3 * kBlock);
  }
  return crc;
}

#endif

}  // namespace

namespace crc32c_internal {

std::uint32_t extend_by_table(std::uint32_t crc, std::span<const std::byte> bytes) {
  static constexpr ZerosTable kOneZero(1);
  static constexpr ZerosTable kFourZeros(4);
  static constexpr ZerosTable kEightZeros(8);

  crc = ~crc;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    const auto low = load<std::uint32_t>(bytes.data());
    const auto high = load<std::uint32_t>(bytes.data() + 4);
    crc = kEightZeros(crc ^ low) ^ kFourZeros(high);
  }
  for (const std::byte byte : bytes) crc = kOneZero(crc ^ std::to_integer<std::uint32_t>(byte));
  return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(
    std::uint32_t crc, std::span<const std::byte> bytes) {
  std::uint64_t wide = static_cast<std::uint32_t>(~crc);
  wide = extend_by_three_blocks<4096>(wide, bytes);
  wide = extend_by_three_blocks<256>(wide, bytes);
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    wide = _mm_crc32_u64(wide, load<std::uint64_t>(bytes.data()));
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const std::byte byte : bytes) {
    narrow = _mm_crc32_u8(narrow, std::to_integer<unsigned char>(byte));
  }
  return ~narrow;
}

bool has_instruction() {
  return __builtin_cpu_supports("sse4.2") != 0;
}

#else

std::uint32_t extend_by_instruction(std::uint32_t, std::span<const std::byte>) {
  throw InternalError("this processor has no instruction for CRC-32C");
}

bool has_instruction() {
  return false;
}

#endif

}  // namespace crc32c_internal

void Crc32c::update(std::span<const std::byte> bytes) {
  static const auto extend = crc32c_internal::has_instruction()
                                 ? &crc32c_internal::extend_by_instruction
                                 : &crc32c_internal::extend_by_table;
  value_ = extend(value_, bytes);
}

void Crc32c::update(std::string_view bytes) {
  update(std::as_bytes(std::span(bytes)));
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  Crc32c sum;
  sum.update(bytes);
  return sum.value();
}

std::uint32_t crc32c(std::string_view bytes) {
  return crc32c(std::as_bytes(std::span(bytes)));
}

std::uint32_t combine_crc32c(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) {
  return times(first, power_of_zeros(second_size)) ^ second;
}

}  // namespace roux
