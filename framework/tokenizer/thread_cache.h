#pragma once

#include <memory>

#include "tokenizer/word_cache.h"

namespace roux {

// A word cache for each thread that asks, found without a lock. A thread keeps the caches of the
// few owners it used last; those of owners that are gone it drops when it makes a new one.
class ThreadCache {
 public:
  WordCache& here() const;

 private:
  struct Owner {};
  std::shared_ptr<Owner> owner_ = std::make_shared<Owner>();  // told apart by its address
};

}  // namespace roux
