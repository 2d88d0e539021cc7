#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

namespace roux::ops {

// Memory of the host that a GPU reads and writes by itself, so that copies overlap with what both
// compute. Slow to get: put a data::RecycledMemory over it. Requires load_cuda_library(); throws
// Error where there is no GPU. Any thread may call any member.
class PinnedMemory final : public std::pmr::memory_resource {
 public:
  PinnedMemory();
  ~PinnedMemory() override;
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

 private:
  struct Blocks;

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::unique_ptr<Blocks> blocks_;
};

}  // namespace roux::ops
