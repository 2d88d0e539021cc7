#pragma once

#include <utility>

#include "roux/di/detail/deferred.h"
#include "roux/di/key.h"

namespace roux::di {

// A T that is built when it is first used: for what is dear and not always needed, and to break a
// cycle between two that need each other only later.
//
// If T is transient, the first use makes one that this Lazy and its copies share. Otherwise it is
// the container's, and every use asks anew, which costs nanoseconds.
//
// Thread safety: any thread, at any time. Lifetime: using it after its container is gone throws
// InternalError.
template <typename T>
class Lazy {
 public:
  explicit Lazy(detail::Deferred deferred) : deferred_(std::move(deferred)) {}

  Object<T>& get() const { return *static_cast<Object<T>*>(deferred_.one()); }
  Object<T>& operator*() const { return get(); }
  Object<T>* operator->() const { return &get(); }

 private:
  detail::Deferred deferred_;
};

}  // namespace roux::di
