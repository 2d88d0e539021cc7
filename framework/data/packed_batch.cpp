#include "roux/data/packed_batch.h"

#include "roux/base/error.h"

namespace roux::data {

PackedBatch::PackedBatch(std::int64_t length, std::pmr::memory_resource& memory) : length_(length) {
  require(length >= 1, "a batch must hold at least one token");
  constexpr std::size_t kAlignment = 64;
  const std::size_t bytes = static_cast<std::size_t>(length) * 3 * sizeof(std::int64_t);
  memory_ = std::shared_ptr<std::int64_t[]>(
      static_cast<std::int64_t*>(memory.allocate(bytes, kAlignment)),
      [&memory, bytes](std::int64_t* rows) { memory.deallocate(rows, bytes, kAlignment); });
}

}  // namespace roux::data
