#pragma once

#include <cstddef>
#include <map>
#include <memory_resource>
#include <mutex>
#include <utility>
#include <vector>

namespace roux::data {

// Keeps what is given back for the next who asks for as much: batches are all of one size, and
// memory that is new to the process costs more than filling it; memory that is pinned for a GPU
// much more. Holds at most what was in use at one time. Any thread may call any member.
class RecycledMemory final : public std::pmr::memory_resource {
 public:
  // Requires: `from` lives as long.
  explicit RecycledMemory(std::pmr::memory_resource& from = *std::pmr::new_delete_resource())
      : from_(from) {}
  ~RecycledMemory() override;
  RecycledMemory(const RecycledMemory&) = delete;
  RecycledMemory& operator=(const RecycledMemory&) = delete;

 private:
  using Shape = std::pair<std::size_t, std::size_t>;  // bytes, alignment

  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::pmr::memory_resource& from_;
  std::mutex mutex_;
  std::map<Shape, std::vector<void*>> free_;
};

}  // namespace roux::data
