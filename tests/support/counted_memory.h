#pragma once

#include <cstddef>

namespace roux {

// Counts what tensors on the CPU hold while it lives: the most beyond what was held before.
class CountedMemory {
 public:
  CountedMemory();
  ~CountedMemory();
  CountedMemory(const CountedMemory&) = delete;
  CountedMemory& operator=(const CountedMemory&) = delete;

  std::size_t peak() const;

  // Now.
  std::size_t held() const;
};

}  // namespace roux
