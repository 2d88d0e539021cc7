#include "checkpoint/staging.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/units.h"
#include "roux/ops/pinned_memory.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace roux::checkpoint {
namespace {

class MappedMemory final : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t) override {
    void* block = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    ::madvise(block, bytes, MADV_HUGEPAGE);  // only advice: without them it is slower
    return block;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t) override {
    ::munmap(block, bytes);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

std::unique_ptr<std::pmr::memory_resource> Staging::plain() {
  return std::make_unique<MappedMemory>();
}

std::unique_ptr<std::pmr::memory_resource> Staging::pinned() {
  return std::make_unique<ops::PinnedMemory>();
}

Staging::Staging(std::unique_ptr<std::pmr::memory_resource> memory) : memory_(std::move(memory)) {}

Staging::~Staging() {
  for (std::byte* block : blocks_) memory_->deallocate(block, kBlockBytes);
}

void Staging::reserve(std::uint64_t bytes) {
  while (size() < bytes) {
    try {
      blocks_.reserve(blocks_.size() + 1);
      blocks_.push_back(static_cast<std::byte*>(memory_->allocate(kBlockBytes)));
    } catch (const std::bad_alloc&) {
      throw Error(cat("there is no memory for a copy of the checkpoint: it takes ",
                      approximate_bytes(bytes), ", and ", approximate_bytes(size()),
                      " could be had"));
    }
  }
}

std::span<std::byte> Staging::piece(std::uint64_t offset, std::uint64_t bytes) const {
  const std::uint64_t in_block = offset % kBlockBytes;
  std::byte* begin = blocks_.at(offset / kBlockBytes) + in_block;
  return {begin, static_cast<std::size_t>(std::min(bytes, kBlockBytes - in_block))};
}

void copy_past_caches(std::span<std::byte> target, const std::byte* source) {
#if defined(__x86_64__)
  constexpr std::size_t kLine = 64;
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(target.data()) % kLine;
  const std::size_t head = std::min(target.size(), misaligned == 0 ? 0 : kLine - misaligned);
  std::memcpy(target.data(), source, head);
  std::size_t at = head;
  for (; at + kLine <= target.size(); at += kLine) {
    const auto* from = reinterpret_cast<const __m128i*>(source + at);
    auto* to = reinterpret_cast<__m128i*>(target.data() + at);
    const __m128i a = _mm_loadu_si128(from);
    const __m128i b = _mm_loadu_si128(from + 1);
    const __m128i c = _mm_loadu_si128(from + 2);
    const __m128i d = _mm_loadu_si128(from + 3);
    _mm_stream_si128(to, a);
    _mm_stream_si128(to + 1, b);
    _mm_stream_si128(to + 2, c);
    _mm_stream_si128(to + 3, d);
  }
  std::memcpy(target.data() + at, source + at, target.size() - at);
  _mm_sfence();
#else
  std::memcpy(target.data(), source, target.size());
#endif
}

}  // namespace roux::checkpoint
