#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "config/scalar_reading.h"
#include "roux/base/error.h"
#include "roux/config/scalar_types.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

void add_limits(Value& schema, const Limits& limits) {
  auto* table = schema.as<Table>();
  const auto add = [&](const auto& bound, const char* inclusive, const char* exclusive) {
    if (!bound) return;
    table->set(bound->inclusive ? inclusive : exclusive, bound_value(bound->value));
  };
  add(limits.lower, "minimum", "exclusiveMinimum");
  add(limits.upper, "maximum", "exclusiveMaximum");
}

class BoolType final : public Type {
 public:
  std::string noun() const override { return "true or false"; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto read = convert_or_refuse<bool>(value, reading, noun(), [](const Value& typed) {
      const auto* truth = typed.as<bool>();
      return truth ? std::optional(*truth) : std::nullopt;
    });
    if (read) *static_cast<bool*>(target) = *read;
  }

  Value write(const void* object) const override {
    return default_value(*static_cast<const bool*>(object));
  }

  Value schema(const Limits&, const Catalog&) const override {
    return schema_table({{"type", "boolean"}});
  }
};

template <typename T>
class IntegerType final : public Type {
 public:
  std::string noun() const override { return "an integer"; }
  bool bounded() const override { return true; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto read =
        convert_or_refuse<std::int64_t>(value, reading, noun(), [](const Value& typed) {
          const auto* integer = typed.as<std::int64_t>();
          return integer ? std::optional(*integer) : std::nullopt;
        });
    if (!read) return;

    const auto written = Value(*read, value.place());
    if (!check_limits(static_cast<long double>(*read), written, reading, bound_text)) return;
    if (!std::in_range<T>(*read)) {
      reading.refuse(written, cat("between ", +std::numeric_limits<T>::min(), " and ",
                                  +std::numeric_limits<T>::max()));
      return;
    }
    *static_cast<T*>(target) = static_cast<T>(*read);
  }

  Value write(const void* object) const override {
    const T integer = *static_cast<const T*>(object);
    require(std::in_range<std::int64_t>(integer), "a config holds integers of 63 bits");
    return default_value(static_cast<std::int64_t>(integer));
  }

  Value schema(const Limits& limits, const Catalog&) const override {
    auto schema = schema_table({{"type", "integer"}});
    add_limits(schema, limits);
    return schema;
  }

  std::string rule(const Limits& limits) const override { return limits_text(limits, bound_text); }
};

template <typename T>
class FloatType final : public Type {
 public:
  std::string noun() const override { return "a number"; }
  bool bounded() const override { return true; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto read = convert_or_refuse<double>(value, reading, noun(), [](const Value& typed) {
      if (const auto* integer = typed.as<std::int64_t>()) {
        return std::optional(static_cast<double>(*integer));
      }
      const auto* number = typed.as<double>();
      return number ? std::optional(*number) : std::nullopt;
    });
    if (!read) return;

    const TomlView view(value);
    const auto& written = view.value_or(value);
    // 1e39 would silently be infinity as a float.
    const T number = static_cast<T>(*read);
    if (std::isnan(number) || (std::isinf(*read) && !reading.limits.infinite)) {
      reading.refuse(written, "a finite number");
    } else if (std::isinf(number) != std::isinf(*read)) {
      reading.refuse(written, cat("between ", to_toml(default_value(written_as(-kLargest))),
                                  " and ", to_toml(default_value(written_as(kLargest)))));
    } else if (check_limits(*read, written, reading, bound_text)) {
      *static_cast<T*>(target) = number;
    }
  }

  Value write(const void* object) const override {
    return default_value(written_as(*static_cast<const T*>(object)));
  }

  Value schema(const Limits& limits, const Catalog&) const override {
    auto schema = schema_table({{"type", "number"}});
    add_limits(schema, limits);
    return schema;
  }

  std::string rule(const Limits& limits) const override { return limits_text(limits, bound_text); }

 private:
  static constexpr T kLargest = std::numeric_limits<T>::max();

  // Through the shortest decimal of a float: 0.1f is written 0.1 and not 0.10000000149.
  static double written_as(T number) {
    if constexpr (std::is_same_v<T, double>) {
      return number;
    } else {
      std::array<char, 64> text{};
      const auto end = std::to_chars(text.data(), text.data() + text.size(), number);
      double decimal = 0;
      std::from_chars(text.data(), end.ptr, decimal);
      return decimal;
    }
  }
};

}  // namespace

template <>
const Type& scalar_type<bool>() {
  return single<BoolType>();
}
template <>
const Type& scalar_type<std::int8_t>() {
  return single<IntegerType<std::int8_t>>();
}
template <>
const Type& scalar_type<std::int16_t>() {
  return single<IntegerType<std::int16_t>>();
}
template <>
const Type& scalar_type<std::int32_t>() {
  return single<IntegerType<std::int32_t>>();
}
template <>
const Type& scalar_type<std::int64_t>() {
  return single<IntegerType<std::int64_t>>();
}
template <>
const Type& scalar_type<std::uint8_t>() {
  return single<IntegerType<std::uint8_t>>();
}
template <>
const Type& scalar_type<std::uint16_t>() {
  return single<IntegerType<std::uint16_t>>();
}
template <>
const Type& scalar_type<std::uint32_t>() {
  return single<IntegerType<std::uint32_t>>();
}
template <>
const Type& scalar_type<std::uint64_t>() {
  return single<IntegerType<std::uint64_t>>();
}
template <>
const Type& scalar_type<float>() {
  return single<FloatType<float>>();
}
template <>
const Type& scalar_type<double>() {
  return single<FloatType<double>>();
}

}  // namespace roux::config
