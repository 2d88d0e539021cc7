#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <type_traits>
#include <typeinfo>

namespace roux::di {
namespace detail {

// Stands for T where T itself may be no more than declared: typeid of an incomplete class is an
// error, typeid of TypeTag<it> is not.
template <typename T>
struct TypeTag {};

}  // namespace detail

// The identity of a class, the same in every shared library; `const` makes no difference.
// T may be only forward-declared. Thread safety: immutable.
class TypeId {
 public:
  template <typename T>
  static TypeId of() {
    // Hashed once per type: std::type_info::hash_code() walks the whole mangled name.
    static const TypeId id(typeid(detail::TypeTag<std::remove_cv_t<T>>));
    return id;
  }

  // As a person would write it: "Optimizer", "config::Schema".
  std::string name() const;

  std::size_t hash() const noexcept { return hash_; }

  friend bool operator==(const TypeId& a, const TypeId& b) noexcept {
    return a.hash_ == b.hash_ && *a.tag_ == *b.tag_;
  }

 private:
  explicit TypeId(const std::type_info& tag) : tag_(&tag), hash_(tag.hash_code()) {}

  const std::type_info* tag_;
  std::size_t hash_;
};

std::ostream& operator<<(std::ostream& out, const TypeId& type);

}  // namespace roux::di
