#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "roux/config/list_types.h"
#include "roux/config/scalar_types.h"
#include "roux/config/type.h"

namespace roux::config {

// The Type of a field's C++ type: scalars, enums with a describe(), std::optional, std::vector,
// std::array, std::map from std::string, std::variant, Choice, and structs with a describe().
template <typename T>
const Type& type_of();

class StructType;
template <typename Kind>
struct Choice;
template <typename Kind>
const Type& choice_type();
template <typename S>
const StructType& struct_type();

namespace detail {

template <typename T>
concept Scalar = std::is_arithmetic_v<T> || std::is_same_v<T, std::string> ||
    std::is_same_v<T, std::filesystem::path> || std::is_same_v<T, std::chrono::nanoseconds> ||
    std::is_same_v<T, ByteSize> || std::is_same_v<T, DType> || std::is_same_v<T, RawTable>;

template <typename T>
struct TypeOf {
  static const Type& get() {
    if constexpr (Scalar<T>) {
      return scalar_type<T>();
    } else if constexpr (std::is_enum_v<T>) {
      return enum_type<T>();
    } else {
      return struct_type<T>();
    }
  }
};

template <typename Kind>
struct TypeOf<Choice<Kind>> {
  static const Type& get() { return choice_type<Kind>(); }
};

template <typename T>
struct TypeOf<std::optional<T>> {
  static const Type& get() {
    using Optional = std::optional<T>;
    static const OptionalType type(
        type_of<T>(),
        {[](void* object) -> void* { return &static_cast<Optional*>(object)->emplace(); },
         [](void* object) { static_cast<Optional*>(object)->reset(); },
         [](const void* object) -> const void* {
           const auto& optional = *static_cast<const Optional*>(object);
           return optional ? &*optional : nullptr;
         }});
    return type;
  }
};

template <typename T>
struct TypeOf<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no addressable elements");

  static const Type& get() {
    using Vector = std::vector<T>;
    static const VectorType type(
        type_of<T>(),
        {[](void* object, std::size_t size) {
           static_cast<Vector*>(object)->clear();
           static_cast<Vector*>(object)->resize(size);
         },
         [](const void* object) { return static_cast<const Vector*>(object)->size(); },
         [](void* object, std::size_t i) -> void* { return &(*static_cast<Vector*>(object))[i]; }});
    return type;
  }
};

template <typename T, std::size_t N>
struct TypeOf<std::array<T, N>> {
  static const Type& get() {
    using Elements = std::array<T, N>;
    static const ArrayType type(type_of<T>(), N, [](void* object, std::size_t i) -> void* {
      return &(*static_cast<Elements*>(object))[i];
    });
    return type;
  }
};

template <typename T>
struct TypeOf<std::map<std::string, T>> {
  static const Type& get() {
    using Map = std::map<std::string, T>;
    static const MapType type(
        type_of<T>(),
        {[](void* object) { static_cast<Map*>(object)->clear(); },
         [](void* object, const std::string& key) -> void* {
           return &(*static_cast<Map*>(object))[key];
         },
         [](const void* object, const std::function<void(const std::string&, const void*)>& visit) {
           for (const auto& [key, value] : *static_cast<const Map*>(object)) visit(key, &value);
         }});
    return type;
  }
};

template <typename... T>
struct TypeOf<std::variant<T...>> {
  static const Type& get() {
    using Variant = std::variant<T...>;
    static const VariantType type(
        {&type_of<T>()...},
        {[](void* object, std::size_t index) { return emplace(object, index); },
         [](const void* object) { return static_cast<const Variant*>(object)->index(); },
         [](const void* object) -> const void* {
           return std::visit([](const auto& held) -> const void* { return &held; },
                             *static_cast<const Variant*>(object));
         }});
    return type;
  }

 private:
  static void* emplace(void* object, std::size_t index) {
    void* held = nullptr;
    const auto make = [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((I == index ? (held = &static_cast<std::variant<T...>*>(object)->template emplace<I>())
                   : nullptr),
       ...);
    };
    make(std::index_sequence_for<T...>());
    return held;
  }
};

}  // namespace detail

template <typename T>
const Type& type_of() {
  return detail::TypeOf<T>::get();
}

}  // namespace roux::config
