#include "roux/data/recycled_memory.h"

namespace roux::data {

RecycledMemory::~RecycledMemory() {
  for (const auto& [shape, blocks] : free_) {
    for (void* block : blocks) from_.deallocate(block, shape.first, shape.second);
  }
}

void* RecycledMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  {
    const std::lock_guard lock(mutex_);
    std::vector<void*>& blocks = free_[{bytes, alignment}];
    if (!blocks.empty()) {
      void* block = blocks.back();
      blocks.pop_back();
      return block;
    }
  }
  return from_.allocate(bytes, alignment);
}

void RecycledMemory::do_deallocate(void* block, std::size_t bytes, std::size_t alignment) {
  const std::lock_guard lock(mutex_);
  free_[{bytes, alignment}].push_back(block);
}

}  // namespace roux::data
