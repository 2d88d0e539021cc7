#include "roux/config/scalar_types.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/base/units.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

// A bound as it is written: without a point where it has no fraction.
Value number(long double bound) {
  constexpr long double kWide = 0x1p63L;
  if (bound >= -kWide && bound < kWide && std::trunc(bound) == bound) {
    return default_value(static_cast<std::int64_t>(bound));
  }
  return default_value(static_cast<double>(bound));
}

std::string bound_text(long double bound) {
  return to_toml(number(bound));
}

bool within(long double number, const Limits& limits) {
  const auto& [lower, upper] = std::pair(limits.lower, limits.upper);
  const bool above = !lower || (lower->inclusive ? number >= lower->value : number > lower->value);
  const bool below = !upper || (upper->inclusive ? number <= upper->value : number < upper->value);
  return above && below;
}

template <typename Format>
std::string limits_text(const Limits& limits, const Format& format) {
  std::vector<std::string> parts;
  if (limits.lower) {
    parts.push_back(
        cat(limits.lower->inclusive ? "at least " : "more than ", format(limits.lower->value)));
  }
  if (limits.upper) {
    parts.push_back(
        cat(limits.upper->inclusive ? "at most " : "less than ", format(limits.upper->value)));
  }
  return join(parts, " and ");
}

// Refuses a number outside of its field's limits; says whether it lies within.
template <typename Format>
bool check_limits(long double number, const Value& value, const Reading& reading,
                  const Format& format) {
  if (within(number, reading.limits)) return true;
  reading.refuse(value, limits_text(reading.limits, format));
  return false;
}

void add_limits(Value& schema, const Limits& limits) {
  auto* table = schema.as<Table>();
  const auto add = [&](const auto& bound, const char* inclusive, const char* exclusive) {
    if (!bound) return;
    table->set(bound->inclusive ? inclusive : exclusive, number(bound->value));
  };
  add(limits.lower, "minimum", "exclusiveMinimum");
  add(limits.upper, "maximum", "exclusiveMaximum");
}

// Reads what is no text: `convert` gives the typed value, or nothing if it is of another kind.
template <typename T, typename Convert>
std::optional<T> convert_or_refuse(const Value& value, const Reading& reading,
                                   const std::string& noun, const Convert& convert) {
  if (const TomlView typed(value); typed) {
    if (std::optional<T> converted = convert(*typed)) return converted;
    reading.refuse(*typed, noun);
  } else {
    reading.refuse(value, noun);
  }
  return std::nullopt;
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

// Where only some texts may stand: says whether `text` is one of them.
bool check_choices(const std::string& text, const Value& value, const Reading& reading,
                   const std::vector<std::string>& choices) {
  if (std::ranges::find(choices, text) != choices.end()) return true;
  Problems(reading.section)
      .add_at(value.place(), reading.key,
              cat("must be one of ", join(choices, ", "), ", but is ", describe(value),
                  near_miss(text, choices)));
  return false;
}

std::string choices_text(const std::vector<std::string>& choices) {
  return choices.empty() ? "" : cat("one of ", join(choices, ", "));
}

Value choices_schema(const std::vector<std::string>& choices) {
  Array names;
  for (const auto& choice : choices) names.push_back(default_value(choice));
  return schema_table({{"type", "string"}, {"enum", std::move(names)}});
}

template <typename T>
class TextType final : public Type {
 public:
  std::string noun() const override {
    return std::is_same_v<T, std::filesystem::path> ? "a path" : "a string";
  }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto text = text_of(value);
    if (!text) return reading.refuse(value, noun());
    if (reading.limits.not_empty && text->empty()) return reading.refuse(value, "a text");
    if (text->find('\0') != std::string::npos) return reading.refuse(value, "without NUL bytes");
    if (find_invalid_utf8(*text) != std::string::npos) return reading.refuse(value, "UTF-8");
    const auto& choices = reading.limits.choices;
    if (choices.empty() || check_choices(*text, value, reading, choices)) {
      *static_cast<T*>(target) = *text;
    }
  }

  Value write(const void* object) const override {
    const auto& text = *static_cast<const T*>(object);
    if constexpr (std::is_same_v<T, std::filesystem::path>) {
      return default_value(text.string());
    } else {
      return default_value(text);
    }
  }

  Value schema(const Limits& limits, const Catalog&) const override {
    if (!limits.choices.empty()) return choices_schema(limits.choices);
    auto schema = schema_table({{"type", "string"}});
    if (limits.not_empty) schema.as<Table>()->set("minLength", default_value(std::int64_t{1}));
    return schema;
  }

  std::string rule(const Limits& limits) const override { return choices_text(limits.choices); }
  bool empty(const void* object) const override { return static_cast<const T*>(object)->empty(); }
  bool takes_text() const override { return true; }
};

class DurationType final : public Type {
 public:
  std::string noun() const override { return "a duration such as \"90s\" or \"1h30min\""; }

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

class DTypeType final : public Type {
 public:
  std::string noun() const override { return "a dtype"; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const auto text = text_of(value);
    if (!text) return reading.refuse(value, "a dtype such as \"bfloat16\"");
    if (const auto dtype = parse_dtype(*text)) {
      const auto& choices = reading.limits.choices;
      const auto name = std::string(to_string(*dtype));
      if (!choices.empty() && !check_choices(name, value, reading, choices)) return;
      *static_cast<DType*>(target) = *dtype;
    } else {
      check_choices(*text, value, reading,
                    reading.limits.choices.empty() ? dtype_names() : reading.limits.choices);
    }
  }

  Value write(const void* object) const override {
    return default_value(std::string(to_string(*static_cast<const DType*>(object))));
  }

  Value schema(const Limits& limits, const Catalog&) const override {
    auto names = choices_schema(limits.choices.empty() ? dtype_names() : limits.choices);
    return either(std::move(names), schema_table({{"type", "string"}, {"pattern", "^torch\\."}}));
  }

  std::string rule(const Limits& limits) const override { return choices_text(limits.choices); }

  bool takes_text() const override { return true; }
};

// `value` with every text and string in it, however deep, replaced by what `change` makes of it.
template <typename Change>
Value changed(const Value& value, const Change& change) {
  Value copy = change(value);
  if (auto* array = copy.as<Array>()) {
    for (auto& element : *array) element = changed(element, change);
  } else if (auto* table = copy.as<Table>()) {
    for (auto& [key, element] : table->entries()) element = changed(element, change);
  }
  return copy;
}

class RawTableType final : public Type {
 public:
  std::string noun() const override { return "a table"; }
  bool single() const override { return false; }

  void read(const Value& value, void* target, const Reading& reading) const override {
    const TomlView typed(value);
    if (!typed || !typed->as<Table>()) return reading.refuse(value, noun());
    // No field says what a word of the command line is here: TOML if it can be, else a string.
    static_cast<RawTable*>(target)->value = changed(*typed, [](const Value& each) {
      const auto* text = each.as<Text>();
      return text ? TomlView(each).value_or(Value(text->text, each.place())) : each;
    });
  }

  Value write(const void* object) const override {
    return changed(static_cast<const RawTable*>(object)->value,
                   [](const Value& each) { return default_value(each.data()); });
  }

  Value schema(const Limits&, const Catalog&) const override {
    return schema_table({{"type", "object"}});
  }

  bool empty(const void* object) const override {
    return static_cast<const RawTable*>(object)->value.as<Table>()->empty();
  }

  void merge(Value& low, Value high, const Catalog&) const override {
    merge_tables(low, TomlView(high).value_or(high));
  }
};

template <typename T>
const Type& single() {
  static const T type;
  return type;
}

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
template <>
const Type& scalar_type<std::string>() {
  return single<TextType<std::string>>();
}
template <>
const Type& scalar_type<std::filesystem::path>() {
  return single<TextType<std::filesystem::path>>();
}
template <>
const Type& scalar_type<std::chrono::nanoseconds>() {
  return single<DurationType>();
}
template <>
const Type& scalar_type<ByteSize>() {
  return single<ByteSizeType>();
}
template <>
const Type& scalar_type<DType>() {
  return single<DTypeType>();
}
template <>
const Type& scalar_type<RawTable>() {
  return single<RawTableType>();
}

EnumType::EnumType(std::vector<EnumName> names, Get get, Set set)
    : names_(std::move(names)), get_(get), set_(set) {}

std::vector<std::string> EnumType::plain_names() const {
  std::vector<std::string> plain;
  for (const auto& each : names_) plain.push_back(each.name);
  return plain;
}

std::string EnumType::noun() const {
  return cat("one of ", join(plain_names(), ", "));
}

void EnumType::read(const Value& value, void* target, const Reading& reading) const {
  const auto text = text_of(value);
  if (!text) return reading.refuse(value, noun());
  if (!check_choices(*text, value, reading, plain_names())) return;
  set_(target, std::ranges::find(names_, *text, &EnumName::name)->value);
}

Value EnumType::write(const void* object) const {
  const auto named = std::ranges::find(names_, get_(object), &EnumName::value);
  require(named != names_.end(), "every value of a config's enum is named by its describe()");
  return default_value(named->name);
}

Value EnumType::schema(const Limits&, const Catalog&) const {
  return choices_schema(plain_names());
}

}  // namespace roux::config
