#pragma once

#include <cstdint>
#include <vector>

namespace roux::data {

// A text as token ids.
struct Document {
  std::vector<std::int32_t> ids;

  // For each id, whether the model is to learn to say it; empty: all of them.
  std::vector<std::uint8_t> learned;

  bool operator==(const Document&) const = default;
};

}  // namespace roux::data
