#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "checkpoint/manifest.h"

namespace roux::checkpoint {

// Memory for one copy of what is to be written, kept for the next time: memory that is new to the
// process costs several times what filling it does. In blocks, so that it can grow without being
// there twice, and pinned memory, which comes in powers of two, is not wasted.
class Staging {
 public:
  static constexpr std::size_t kBlockBytes = 64 << 20;
  static_assert(kBlockBytes % kChunkBytes == 0);

  // What the blocks are made of. Both outlive what they are asked for.
  static std::unique_ptr<std::pmr::memory_resource> plain();   // huge pages where there are some
  static std::unique_ptr<std::pmr::memory_resource> pinned();  // a GPU copies there by itself

  explicit Staging(std::unique_ptr<std::pmr::memory_resource> memory);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Throws Error where there is no memory; then what is there is less than `bytes`.
  void reserve(std::uint64_t bytes);

  // As much of [offset, offset + bytes) as lies in one block, from its beginning on. A chunk that
  // begins at a multiple of its size is never cut.
  std::span<std::byte> piece(std::uint64_t offset, std::uint64_t bytes) const;

  std::uint64_t size() const { return blocks_.size() * kBlockBytes; }

 private:
  std::unique_ptr<std::pmr::memory_resource> memory_;
  std::vector<std::byte*> blocks_;
};

// memcpy for what is not looked at soon: past the caches, which are left to the training.
void copy_past_caches(std::span<std::byte> target, const std::byte* source);

}  // namespace roux::checkpoint
