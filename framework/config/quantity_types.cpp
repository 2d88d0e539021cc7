#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "config/scalar_reading.h"
#include "roux/base/error.h"
#include "roux/base/units.h"
#include "roux/config/scalar_types.h"

namespace roux::config {
namespace {

class DurationType final : public Type {
 public:
  std::string noun() const override { return "a duration such as \"90s\" or \"1h30min\""; }
  bool bounded() const override { return true; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto duration = parse(value, reading.limits);
    if (!duration) {
      const auto unit = reading.limits.bare_unit;
      const auto hint =
          unit ? cat(noun(), ", or a number in units of ", format_duration(*unit)) : noun();
      return reading.refuse(value, hint);
    }
    if (check_limits(static_cast<long double>(duration->count()), value, reading, bound)) {
      *static_cast<std::chrono::nanoseconds*>(target) = *duration;
    }
  }

  Value write(const void* object) const override {
    return default_value(format_duration(*static_cast<const std::chrono::nanoseconds*>(object)));
  }

  Value schema(const Limits& limits, const Catalog&) const override {
    if (!limits.bare_unit) return schema_table({{"type", "string"}});
    Array types = {default_value("string"), default_value("number")};
    return schema_table({{"type", std::move(types)}});
  }

  std::string rule(const Limits& limits) const override { return limits_text(limits, bound); }

 private:
  static std::string bound(long double nanoseconds) {
    return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds)));
  }

  static std::optional<std::chrono::nanoseconds> parse(const Value& value, const Limits& limits) {
    const TomlView view(value);
    const auto& typed = view.value_or(value);
    if (limits.bare_unit) {
      const auto count = [&]() -> std::optional<long double> {
        if (const auto* integer = typed.as<std::int64_t>()) return *integer;
        if (const auto* number = typed.as<double>()) return *number;
        return std::nullopt;
      }();
      if (count) return scaled(*count, *limits.bare_unit);
    }
    const auto text = text_of(value);
    return text ? parse_duration(*text) : std::nullopt;
  }

  static std::optional<std::chrono::nanoseconds> scaled(long double count,
                                                        std::chrono::nanoseconds unit) {
    const long double total = std::round(count * static_cast<long double>(unit.count()));
    // Written so that NaN fails too.
    if (!(total >= 0 && total < static_cast<long double>(std::numeric_limits<std::int64_t>::max())))
      return std::nullopt;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
  }
};

class ByteSizeType final : public Type {
 public:
  std::string noun() const override { return "a size such as \"64MiB\" or a number of bytes"; }
  bool bounded() const override { return true; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto bytes = parse(value);
    if (!bytes) return reading.refuse(value, noun());
    if (check_limits(static_cast<long double>(*bytes), value, reading, bound)) {
      *static_cast<ByteSize*>(target) = ByteSize{*bytes};
    }
  }

  Value write(const void* object) const override {
    return default_value(format_bytes(static_cast<const ByteSize*>(object)->bytes));
  }

  Value schema(const Limits&, const Catalog&) const override {
    Array types = {default_value("string"), default_value("integer")};
    return schema_table({{"type", std::move(types)}});
  }

  std::string rule(const Limits& limits) const override { return limits_text(limits, bound); }

 private:
  static std::string bound(long double bytes) {
    return format_bytes(static_cast<std::uint64_t>(bytes));
  }

  static std::optional<std::uint64_t> parse(const Value& value) {
    if (const auto* integer = value.as<std::int64_t>()) {
      return *integer < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*integer));
    }
    const auto text = text_of(value);
    return text ? parse_bytes(*text) : std::nullopt;
  }
};

}  // namespace

template <>
const Type& scalar_type<std::chrono::nanoseconds>() {
  return single<DurationType>();
}
template <>
const Type& scalar_type<ByteSize>() {
  return single<ByteSizeType>();
}

}  // namespace roux::config
