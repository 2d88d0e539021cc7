#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace roux::unicode {

// Classes of a character, as bits; a character may be of several.
enum Class : std::uint8_t {
  kLetter = 0x01,       // \p{L}
  kNumber = 0x02,       // \p{N}
  kSpace = 0x04,        // \s
  kMark = 0x08,         // \p{M}
  kUpper = 0x10,        // \p{Lu}, \p{Lt}
  kLower = 0x20,        // \p{Ll}
  kPunctuation = 0x40,  // \p{P}, and ASCII's symbols
  kWord = 0x80,         // \w
};

// Pages of 256 characters; alike ones are shared, so that what a text touches stays in the cache.
struct Table {
  std::array<std::uint16_t, 0x1100> page_of;
  std::array<std::array<std::uint8_t, 256>, 640> pages;

  std::uint8_t classes(char32_t character) const {
    return pages[page_of[character >> 8]][character & 0xff];
  }
};

// Filled when it is first asked for.
const Table& table();

struct Character {
  char32_t code;
  std::uint32_t size;  // in bytes
};

// The character at `at`, which must be the start of one in valid UTF-8.
inline Character read(const char* at) {
  const auto byte = [at](int i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xe0) return {(lead & 0x1f) << 6 | (byte(1) & 0x3f), 2};
  if (lead < 0xf0) return {(lead & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f), 3};
  return {
      ((lead & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f)) &
          0x1fffff,
      4};
}

// Where the character that ends before `end` starts. Requires: valid UTF-8, end > begin.
inline const char* previous(const char* begin, const char* end) {
  do {
    --end;
  } while (end > begin && (static_cast<unsigned char>(*end) & 0xc0) == 0x80);
  return end;
}

// The classes of the character that `text` starts or ends with. Requires: it is not empty.
std::uint8_t first_classes(std::string_view text);
std::uint8_t last_classes(std::string_view text);

}  // namespace roux::unicode
