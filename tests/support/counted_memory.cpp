#include "support/counted_memory.h"

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace roux {
namespace {

std::atomic<std::size_t> now{0};
std::atomic<std::size_t> most{0};

struct Block {
  c10::DataPtr memory;
  std::size_t size;
};

void release(void* block) {
  const std::unique_ptr<Block> owned(static_cast<Block*>(block));
  now -= owned->size;
}

// Stays in place for blocks that outlive the count.
class Counter final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t size) override {
    auto block =
        std::make_unique<Block>(Block{c10::GetDefaultCPUAllocator()->allocate(size), size});
    const std::size_t with_it = now += size;
    std::size_t before = most;
    while (before < with_it && !most.compare_exchange_weak(before, with_it)) {
    }
    void* data = block->memory.get();
    return {data, block.release(), &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }
};

Counter counter;
constexpr std::uint8_t kPriority = 100;

}  // namespace

CountedMemory::CountedMemory() {
  now = 0;
  most = 0;
  c10::SetCPUAllocator(&counter, kPriority);
}

CountedMemory::~CountedMemory() {
  c10::SetCPUAllocator(c10::GetDefaultCPUAllocator(), kPriority);
}

std::size_t CountedMemory::peak() const {
  return most;
}

std::size_t CountedMemory::held() const {
  return now;
}

}  // namespace roux
