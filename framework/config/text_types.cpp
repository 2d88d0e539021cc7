#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <type_traits>
#include <utility>

#include "config/scalar_reading.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/config/scalar_types.h"
#include "roux/config/toml.h"

namespace roux::config {
namespace {

// Where only some texts may stand: says whether `text` is one of them.
bool check_choices(const std::string& text, const Value& value, const Reading& reading,
                   const std::vector<std::string>& choices) {
  if (std::ranges::find(choices, text) != choices.end()) return true;
  Problems(reading.section)
      .add_at(value.place(), reading.key,
              cat("must be one of ", join(choices, ", "), ", but is ", describe(value),
                  did_you_mean(text, choices)));
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

}  // namespace

template <>
const Type& scalar_type<std::string>() {
  return single<TextType<std::string>>();
}
template <>
const Type& scalar_type<std::filesystem::path>() {
  return single<TextType<std::filesystem::path>>();
}
template <>
const Type& scalar_type<DType>() {
  return single<DTypeType>();
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
