#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace roux {

inline std::uint64_t load64(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline std::uint32_t load32(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Up to 16 bytes as two numbers, which together with the size are no other text's.
struct Short {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

inline Short load_short(const char* at, std::size_t size) {
  if (size >= 8) return {load64(at), load64(at + size - 8)};
  if (size >= 4) return {load32(at), load32(at + size - 4)};
  if (size == 0) return {};
  const auto byte = [at](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i]));
  };
  return {byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1), 0};
}

constexpr std::uint64_t kHashA = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kHashB = 0xe7037ed1a0b428db;

inline std::uint64_t hash_short(Short text, std::size_t size) {
  return mix(text.a ^ kHashA, text.b ^ kHashB ^ (size << 56));
}

// Quick on what is short; no defence against texts that are chosen to collide.
inline std::uint64_t hash_bytes(const char* at, std::size_t size) {
  std::uint64_t seed = 0;
  std::size_t left = size;
  for (; left > 16; left -= 16, at += 16) {
    seed = mix(load64(at) ^ kHashA ^ seed, load64(at + 8) ^ kHashB);
  }
  const Short rest = load_short(at, left);
  return mix(rest.a ^ kHashA ^ seed, rest.b ^ kHashB ^ (size << 56));
}

}  // namespace roux
