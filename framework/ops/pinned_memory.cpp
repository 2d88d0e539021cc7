#include "roux/ops/pinned_memory.h"

#include <ATen/Context.h>
#include <c10/core/Allocator.h>

#include <map>
#include <mutex>
#include <utility>

#include "roux/base/error.h"

namespace roux::ops {

// LibTorch's allocator knows a block by more than its address.
struct PinnedMemory::Blocks {
  std::mutex mutex;
  std::map<void*, c10::DataPtr> in_use;
};

PinnedMemory::PinnedMemory() : blocks_(std::make_unique<Blocks>()) {}
PinnedMemory::~PinnedMemory() = default;

// The system pins whole pages: they are aligned to more than anybody asks for.
void* PinnedMemory::do_allocate(std::size_t bytes, std::size_t) {
  if (!at::globalContext().hasCUDA()) throw Error("pinned memory needs a GPU, and there is none");
  c10::DataPtr data = at::globalContext().getPinnedMemoryAllocator(at::kCUDA)->allocate(bytes);
  void* block = data.get();
  const std::lock_guard lock(blocks_->mutex);
  blocks_->in_use.emplace(block, std::move(data));
  return block;
}

void PinnedMemory::do_deallocate(void* block, std::size_t, std::size_t) {
  const std::lock_guard lock(blocks_->mutex);
  blocks_->in_use.erase(block);
}

}  // namespace roux::ops
