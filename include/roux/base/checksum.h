#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace roux {

// CRC-32C (Castagnoli; RFC 3720, also iSCSI's, ext4's and TFRecord's), made piece by piece. It
// finds accidents of disks and networks, not malice. Uses the processor's instruction where there
// is one: then it reads about as fast as memory is.
class Crc32c {
 public:
  void update(std::span<const std::byte> bytes);
  void update(std::string_view bytes);

  // Of all bytes so far.
  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 0;
};

std::uint32_t crc32c(std::span<const std::byte> bytes);
std::uint32_t crc32c(std::string_view bytes);

// The checksum of a text whose first part has the checksum `first` and whose second part, of
// `second_size` bytes, has `second`: parts can be read by several threads.
std::uint32_t combine_crc32c(std::uint32_t first, std::uint32_t second, std::uint64_t second_size);

}  // namespace roux
