#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "roux/base/dtype.h"
#include "roux/config/type.h"

namespace roux::config {

// A number of bytes, written with a unit: "64MiB".
struct ByteSize {
  std::uint64_t bytes = 0;

  friend bool operator==(const ByteSize&, const ByteSize&) = default;
};

// A table kept as it was written, for what only later code can type.
struct RawTable {
  Value value;
};

// The types of single values. Each is defined for the C++ types that a config struct may hold.
template <typename T>
const Type& scalar_type();

template <>
const Type& scalar_type<bool>();
template <>
const Type& scalar_type<std::int8_t>();
template <>
const Type& scalar_type<std::int16_t>();
template <>
const Type& scalar_type<std::int32_t>();
template <>
const Type& scalar_type<std::int64_t>();
template <>
const Type& scalar_type<std::uint8_t>();
template <>
const Type& scalar_type<std::uint16_t>();
template <>
const Type& scalar_type<std::uint32_t>();
template <>
const Type& scalar_type<std::uint64_t>();
template <>
const Type& scalar_type<float>();
template <>
const Type& scalar_type<double>();
template <>
const Type& scalar_type<std::string>();
template <>
const Type& scalar_type<std::filesystem::path>();
template <>
const Type& scalar_type<std::chrono::nanoseconds>();
template <>
const Type& scalar_type<ByteSize>();
template <>
const Type& scalar_type<DType>();
template <>
const Type& scalar_type<RawTable>();

// One name of an enum.
struct EnumName {
  std::string name;
  std::int64_t value;
  std::string doc;
};

// An enum as text. `get` and `set` move between the enum at an address and its number.
class EnumType final : public Type {
 public:
  using Get = std::int64_t (*)(const void*);
  using Set = void (*)(void*, std::int64_t);

  EnumType(std::vector<EnumName> names, Get get, Set set);

  std::string noun() const override;
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  std::string rule(const Limits&) const override { return noun(); }
  bool takes_text() const override { return true; }

  const std::vector<EnumName>& names() const { return names_; }

 private:
  std::vector<std::string> plain_names() const;

  std::vector<EnumName> names_;
  Get get_;
  Set set_;
};

// Given to an enum's `describe` function, which names each value once:
//
//   void describe(config::EnumValues<Mode>& value) {
//     value("off", Mode::Off, "Nothing is recomputed.");
template <typename E>
class EnumValues {
 public:
  void operator()(std::string name, E value, std::string doc = "") {
    names_.push_back({std::move(name), static_cast<std::int64_t>(value), std::move(doc)});
  }

  std::vector<EnumName> take() { return std::move(names_); }

 private:
  std::vector<EnumName> names_;
};

template <typename E>
const Type& enum_type() {
  static const EnumType type = [] {
    EnumValues<E> values;
    describe(values);
    return EnumType(
        values.take(),
        [](const void* object) {
          return static_cast<std::int64_t>(*static_cast<const E*>(object));
        },
        [](void* object, std::int64_t value) { *static_cast<E*>(object) = static_cast<E>(value); });
  }();
  return type;
}

}  // namespace roux::config
