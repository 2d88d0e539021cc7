#pragma once

#include <string>
#include <typeinfo>

namespace roux {

// A type as a person would write it: `std::vector<std::string>` and not
// `std::vector<std::__cxx11::basic_string<char, …>, std::allocator<…> >`; our own types without
// `roux::`, types of a source file without `(anonymous namespace)::`.
std::string type_name(const std::type_info& type);

template <typename T>
std::string type_name() {
  return type_name(typeid(T));
}

}  // namespace roux
