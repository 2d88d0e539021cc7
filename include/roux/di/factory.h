#pragma once

#include <memory>
#include <utility>

#include "roux/di/detail/deferred.h"
#include "roux/di/key.h"

namespace roux::di {

// Makes a new T at every call. T must be registered `.transient()`; seal() says so if it is not.
//
// The caller owns what it gets; the transients that were built for it by reference live as long.
//
// Thread safety: any thread; the objects are built one at a time. Lifetime: calling it after its
// container is gone throws InternalError.
template <typename T>
class Factory {
 public:
  explicit Factory(detail::Deferred deferred) : deferred_(std::move(deferred)) {}

  std::shared_ptr<Object<T>> operator()() const {
    return std::static_pointer_cast<Object<T>>(deferred_.make());
  }

 private:
  detail::Deferred deferred_;
};

}  // namespace roux::di
