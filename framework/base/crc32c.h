#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The two ways to compute a CRC-32C, apart so that the tests can hold one against the other. Each
// takes the checksum of the bytes before (0 at first) and gives that of all.
namespace roux::crc32c_internal {

std::uint32_t extend_by_table(std::uint32_t crc, std::span<const std::byte> bytes);

// Requires: has_instruction().
std::uint32_t extend_by_instruction(std::uint32_t crc, std::span<const std::byte> bytes);

// Whether this processor has an instruction for it (x86's SSE 4.2).
bool has_instruction();

}  // namespace roux::crc32c_internal
