#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>

#include "roux/di/type_id.h"

namespace roux::di {

// A string literal as a template argument: what lets `Keyed<Model, "reference_model">` be a type.
template <std::size_t kSize>
struct FixedString {
  char text[kSize] = {};

  constexpr FixedString(const char (&literal)[kSize]) {  // NOLINT: implicit, or it could not be one
    for (std::size_t i = 0; i < kSize; ++i) text[i] = literal[i];
  }

  constexpr std::string_view view() const { return {text, kSize - 1}; }
};

template <typename T, FixedString kName>
class Keyed;

// What the container looks things up by: a class, and a name where there are several of it.
struct Key {
  TypeId type;
  std::string name;  // empty: the default one

  friend bool operator==(const Key& a, const Key& b) noexcept {
    return a.type == b.type && a.name == b.name;
  }
};

struct KeyHash {
  std::size_t operator()(const Key& key) const noexcept;
};

// `Model`, or `Model "reference_model"`.
std::ostream& operator<<(std::ostream& out, const Key& key);

// As it stands in code: `Model`, or `Keyed<Model, "reference_model">`.
std::string as_type(const Key& key);

namespace detail {

template <typename T>
struct KeyTraits {
  using Object = T;
  static constexpr std::string_view kName = "";
};

template <typename T, FixedString kText>
struct KeyTraits<Keyed<T, kText>> {
  using Object = T;
  static constexpr std::string_view kName = kText.view();
};

}  // namespace detail

// The class that a registration or a request is about: `Model` for `Model` itself and for
// `Keyed<Model, "reference_model">`. A `const` of the request is kept.
template <typename T>
using Object = typename detail::KeyTraits<T>::Object;

template <typename T>
const Key& key_of() {
  static const Key key{TypeId::of<Object<T>>(), std::string(detail::KeyTraits<T>::kName)};
  return key;
}

}  // namespace roux::di
