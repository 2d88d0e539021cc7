#include "tokenizer/byte_alphabet.h"

#include <array>
#include <cstdint>

namespace roux {
namespace {

constexpr bool is_printable(unsigned byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// What is printable in Latin-1 stands for itself, the rest for U+0100 and on.
struct Alphabet {
  std::array<std::uint16_t, 256> character_of{};
  std::array<std::int16_t, 0x180> byte_of{};

  constexpr Alphabet() {
    byte_of.fill(-1);
    std::uint16_t next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const std::uint16_t character =
          is_printable(byte) ? static_cast<std::uint16_t>(byte) : next++;
      character_of[byte] = character;
      byte_of[character] = static_cast<std::int16_t>(byte);
    }
  }
};

constexpr Alphabet kAlphabet;

}  // namespace

std::string spell_bytes(std::string_view bytes) {
  std::string spelled;
  spelled.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const unsigned character = kAlphabet.character_of[static_cast<unsigned char>(c)];
    if (character < 0x80) {
      spelled += static_cast<char>(character);
    } else {
      spelled += static_cast<char>(0xc0 | character >> 6);
      spelled += static_cast<char>(0x80 | (character & 0x3f));
    }
  }
  return spelled;
}

bool unspell_bytes(std::string_view spelled, std::string& bytes) {
  bytes.resize(spelled.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < spelled.size(); ++i) {
    unsigned character = static_cast<unsigned char>(spelled[i]);
    if (character >= 0x80) {
      // Two bytes reach up to U+07FF; the alphabet ends before U+0180.
      if (character < 0xc2 || character > 0xc5 || i + 1 == spelled.size()) return false;
      character = (character & 0x1f) << 6 | (static_cast<unsigned char>(spelled[++i]) & 0x3f);
    }
    const int byte = kAlphabet.byte_of[character];
    if (byte < 0) return false;
    bytes[size++] = static_cast<char>(byte);
  }
  bytes.resize(size);
  return true;
}

}  // namespace roux
