#pragma once

#include <cstdint>
#include <string_view>

// How documents lie in a file of tokens, to be mapped into memory. Little-endian.
//
//        0 +--------------------------------------------+
//          | magic                                      |  kPrefixBytes
//       64 +--------------------------------------------+
//          | tokens, one document after the other       |  num_tokens of 2 or 4 bytes
//          | zeros, up to a multiple of 8               |
//          +--------------------------------------------+
//          | ends: document d is the tokens from        |  num_documents of u64
//          | ends[d - 1] (0 for the first) to ends[d]   |
//          +--------------------------------------------+
//          | keys: the CRC-32C of each document's text  |  num_documents of u32
//          +--------------------------------------------+
//          | description: what the writer says of it    |  description_bytes of UTF-8
//          +--------------------------------------------+
//          | Footer                                     |  64
//          +--------------------------------------------+
//
// The footer stands at the end so that a file is written in one go, without knowing beforehand how
// much there is.
namespace roux::data {

inline constexpr std::string_view kTokenMagic = "roux-tok";
inline constexpr std::uint64_t kPrefixBytes = 64;
inline constexpr std::uint32_t kTokenFormatVersion = 1;

struct Footer {
  std::uint64_t num_tokens;
  std::uint64_t num_documents;
  std::uint64_t description_bytes;
  std::uint32_t token_bytes;  // 2 or 4
  std::uint32_t version;
  std::uint32_t crc32c;  // of all that stands before the footer
  std::uint32_t zero[5];
  char magic[8];
};
static_assert(sizeof(Footer) == 64);

// What is drawn above, by offset: the ends, the keys and the description follow the tokens.
inline std::uint64_t ends_offset(const Footer& footer) {
  const std::uint64_t tokens = footer.num_tokens * footer.token_bytes;
  return kPrefixBytes + (tokens + 7) / 8 * 8;
}
inline std::uint64_t keys_offset(const Footer& footer) {
  return ends_offset(footer) + footer.num_documents * 8;
}
inline std::uint64_t description_offset(const Footer& footer) {
  return keys_offset(footer) + footer.num_documents * 4;
}

}  // namespace roux::data
