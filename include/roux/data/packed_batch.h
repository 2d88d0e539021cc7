#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

namespace roux::data {

// The target of a token after which nothing is to be learned.
inline constexpr std::int64_t kIgnoredTarget = -100;

// Documents in a row of fixed length, as a model trains on them:
//
//   ids         a0 a1 a2 b0 b1 c0 c1 c2 c3  P  P     a, b, c: documents, without their last token
//   targets     a1 a2 a3 b1 b2 c1 c2 c3 c4 -- --     what comes after each; none across a boundary
//   positions    0  1  2  0  1  0  1  2  3  0  0
//   cu_seqlens   0        3     5           9        P: padding, which belongs to no document
class PackedBatch {
 public:
  // Uninitialised, in memory that goes back to `memory`, which must live as long as the batch and
  // whatever shares its memory.
  PackedBatch(std::int64_t length, std::pmr::memory_resource& memory);

  std::int64_t length() const { return length_; }
  std::span<std::int64_t> ids() const { return row(0); }
  std::span<std::int64_t> targets() const { return row(1); }
  std::span<std::int64_t> positions() const { return row(2); }

  std::vector<std::int64_t> cu_seqlens{0};
  std::int64_t num_targets = 0;  // those that are not ignored

  // The three rows, one behind the other, for whoever keeps a part of them longer than the batch.
  const std::shared_ptr<std::int64_t[]>& memory() const { return memory_; }

 private:
  std::span<std::int64_t> row(std::int64_t index) const {
    return {memory_.get() + index * length_, static_cast<std::size_t>(length_)};
  }

  std::int64_t length_;
  std::shared_ptr<std::int64_t[]> memory_;
};

}  // namespace roux::data
