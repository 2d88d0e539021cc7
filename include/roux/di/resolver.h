#pragma once

#include <memory>
#include <type_traits>
#include <vector>

#include "roux/di/all.h"
#include "roux/di/factory.h"
#include "roux/di/keyed.h"
#include "roux/di/lazy.h"

namespace roux::di {
namespace detail {

class Scope;

}  // namespace detail

// Finds things by type, where they can't be parameters. In a provider it is the last resort: seal()
// can't check what will be asked of it, and the graph draws it as opaque.
//
// T is a class, `const` or not, or a Keyed. What a provider throws comes out as the same one of our
// four errors, with the chain of what was being built. Asking before seal() is an InternalError.
//
// Thread safety: any thread, at any time. Lifetime: the container's.
class Resolver {
 public:
  explicit Resolver(detail::Scope& scope) : scope_(&scope) {}

  // Throws WiringError if nothing provides T, or only a const one; and if T is transient, since
  // then there is none to get: make() one.
  template <typename T>
  Object<T>& get() const {
    return *static_cast<Object<T>*>(one(key_of<T>(), kConst<T>));
  }

  // Null if nothing provides T.
  template <typename T>
  Object<T>* find() const {
    return static_cast<Object<T>*>(one_or_null(key_of<T>(), kConst<T>));
  }

  template <typename T>
  All<T> all() const {
    return All<T>(members(key_of<T>(), kConst<T>));
  }

  template <typename T>
  Lazy<T> lazy() const {
    return Lazy<T>(deferred(key_of<T>(), kConst<T>));
  }

  // A new T, which must be transient.
  template <typename T>
  std::shared_ptr<Object<T>> make() const {
    return std::static_pointer_cast<Object<T>>(fresh(key_of<T>(), kConst<T>));
  }

 private:
  template <typename T>
  static constexpr bool kConst = std::is_const_v<Object<T>>;

  void* one(const Key& key, bool wants_const) const;
  void* one_or_null(const Key& key, bool wants_const) const;
  std::vector<void*> members(const Key& key, bool wants_const) const;
  detail::Deferred deferred(const Key& key, bool wants_const) const;
  std::shared_ptr<void> fresh(const Key& key, bool wants_const) const;

  detail::Scope* scope_;
};

}  // namespace roux::di
