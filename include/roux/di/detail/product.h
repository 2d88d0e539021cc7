#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "roux/di/detail/provider.h"

// What a provider's function may return, and how it becomes an Instance.
namespace roux::di::detail {

template <typename R>
struct Product {  // a U by value
  using Class = R;
  static constexpr bool kOwned = true;
};

template <typename U>
struct Product<U&> {
  using Class = U;
  static constexpr bool kOwned = false;
};

template <typename U, typename Deleter>
struct Product<std::unique_ptr<U, Deleter>> {
  using Class = U;
  static constexpr bool kOwned = true;
};

template <typename U>
struct Product<std::shared_ptr<U>> {
  using Class = U;
  static constexpr bool kOwned = true;
};

template <typename T, typename R>
constexpr bool check_return() {
  using U = typename Product<R>::Class;
  constexpr bool kGood = std::is_class_v<U> && std::is_convertible_v<U*, T*>;
  static_assert(
      kGood,
      "a provider of T must return std::unique_ptr<U>, std::shared_ptr<U>, U or U&, where "
      "U is T or derives from it, and is const only if T is");
  return kGood;
}

// The pointer in an Instance points to a T: what is behind it may be more, and lie elsewhere.
template <typename T>
Instance forget_type(std::shared_ptr<T> object) {
  return std::const_pointer_cast<std::remove_const_t<T>>(std::move(object));
}

template <typename T>
Instance borrow(T& object) {
  return forget_type(std::shared_ptr<T>(std::shared_ptr<void>(), &object));
}

// Calls `make` and gives what it returns as an Instance of a T.
template <typename T, typename Make>
Instance produce(Make make) {
  using R = decltype(make());
  using U = typename Product<R>::Class;
  if constexpr (std::is_same_v<R, U>) {
    return forget_type<T>(std::shared_ptr<U>(new U(make())));  // in place: U need not be movable
  } else if constexpr (Product<R>::kOwned) {
    return forget_type<T>(make());
  } else {
    return borrow<T>(make());
  }
}

}  // namespace roux::di::detail
