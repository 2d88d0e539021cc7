#include "tokenizer/thread_cache.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace roux {
namespace {

constexpr std::size_t kMaxOwners = 4;

struct Kept {
  const void* owner;
  std::weak_ptr<void> alive;  // also keeps the address from being given to another owner
  std::unique_ptr<WordCache> cache;
};

}  // namespace

WordCache& ThreadCache::here() const {
  static thread_local std::vector<Kept> kept;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].owner != owner_.get()) continue;
    if (i != 0)
      std::rotate(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(i),
                  kept.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return *kept.front().cache;
  }
  std::erase_if(kept, [](const Kept& one) { return one.alive.expired(); });
  if (kept.size() == kMaxOwners) kept.pop_back();
  kept.insert(kept.begin(), Kept{owner_.get(), owner_, std::make_unique<WordCache>()});
  return *kept.front().cache;
}

}  // namespace roux
