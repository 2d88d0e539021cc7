#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roux/base/files.h"

namespace roux {

// A file of tests/tokenizer/fixtures.
std::filesystem::path fixture(const std::string& name);

inline nlohmann::json json_fixture(const std::string& name) {
  return nlohmann::json::parse(read_file(fixture(name)));
}

// Those of tools/parity.d/tokenizer_parity.py, number for number.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) : state_(seed) {}

  std::size_t next(std::size_t below) {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::size_t>((z ^ (z >> 31)) % below);
  }

 private:
  std::uint64_t state_;
};

inline std::vector<std::string> random_strings(std::uint64_t seed, std::size_t count) {
  static const std::vector<std::string> seams = json_fixture("seams.json");
  SplitMix random(seed);
  std::vector<std::string> strings(count);
  for (std::string& text : strings) {
    for (std::size_t left = random.next(24); left > 0; --left)
      text += seams[random.next(seams.size())];
  }
  return strings;
}

}  // namespace roux
