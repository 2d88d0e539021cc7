#include "roux/base/checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "roux/base/random.h"

namespace roux {
namespace {

std::vector<std::byte> random_bytes(std::size_t size) {
  RandomStream random(1, "checksum_test");
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.uniform_int(256));
  return bytes;
}

// RFC 3720, appendix B.4, "CRC Examples".
TEST(Crc32c, GivesTheValuesOfRfc3720) {
  std::string rising(32, '\0');
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<char>(i);
  const std::string falling(rising.rbegin(), rising.rend());

  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  EXPECT_EQ(crc32c(rising), 0x46DD794E);
  EXPECT_EQ(crc32c(falling), 0x113FDB5C);
}

// The check value that catalogues of CRCs give.
TEST(Crc32c, GivesTheCheckValue) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(""), 0);
}

TEST(Crc32c, IsTheSameInPieces) {
  Crc32c sum;

  sum.update("1234");
  sum.update("");
  sum.update("56789");

  EXPECT_EQ(sum.value(), 0xE3069283);
}

TEST(Crc32c, IsTheSameByTableAndByInstruction) {
  if (!crc32c_internal::has_instruction()) GTEST_SKIP() << "no instruction for CRC-32C";
  const std::vector<std::byte> bytes = random_bytes(3 * 4096 * 2 + 3 * 256 + 100);

  // Around the sizes at which the blocks of the fast way begin, and at every alignment.
  for (const std::size_t middle : {std::size_t{20}, std::size_t{3 * 256}, std::size_t{6 * 256},
                                   std::size_t{3 * 4096}, bytes.size() - 40}) {
    for (std::size_t size = middle - 20; size < middle + 20; ++size) {
      for (std::size_t begin = 0; begin < 9; ++begin) {
        const std::span part = std::span(bytes).subspan(begin, size);
        ASSERT_EQ(crc32c_internal::extend_by_instruction(7, part),
                  crc32c_internal::extend_by_table(7, part))
            << size << " bytes from " << begin;
      }
    }
  }
}

TEST(Crc32c, SeesEveryFlippedBit) {
  std::vector<std::byte> bytes = random_bytes(1000);
  const std::uint32_t right = crc32c(bytes);

  for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
    bytes[i / 8] ^= std::byte{1} << (i % 8);
    EXPECT_NE(crc32c(bytes), right) << "bit " << i;
    bytes[i / 8] ^= std::byte{1} << (i % 8);
  }
}

TEST(CombineCrc32c, GivesTheChecksumOfBothPartsTogether) {
  const std::vector<std::byte> bytes = random_bytes(10'000);
  const std::uint32_t whole = crc32c(bytes);

  for (const std::size_t first : {0, 1, 4'095, 9'999, 10'000}) {
    const std::uint32_t head = crc32c(std::span(bytes).first(first));
    const std::uint32_t tail = crc32c(std::span(bytes).subspan(first));
    EXPECT_EQ(combine_crc32c(head, tail, bytes.size() - first), whole) << first;
  }
}

}  // namespace
}  // namespace roux
