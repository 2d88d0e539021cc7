#include "roux/config/type.h"

#include "roux/base/error.h"
#include "roux/config/toml.h"

namespace roux::config {

Reading Reading::at(std::string inner_key, const Limits& inner_limits) const {
  return {section, std::move(inner_key), inner_limits, catalog, root};
}

Reading Reading::inside(Problems inner_section, std::string inner_key,
                        const Limits& inner_limits) const {
  return {std::move(inner_section), std::move(inner_key), inner_limits, catalog, root};
}

void Reading::refuse(const Value& value, std::string_view must_be) const {
  Problems(section).add_at(value.place(), key,
                           cat("must be ", must_be, ", but is ", describe(value)));
}

bool Type::empty(const void*) const {
  return false;
}

const Type* Type::member(std::string_view, const Value&, const Catalog&) const {
  return nullptr;
}

void Type::merge(Value& low, Value high, const Catalog&) const {
  low = std::move(high);
}

std::string Type::rule(const Limits&) const {
  return "";
}

void Type::complete(Value&, const Catalog&) const {}

void merge_tables(Value& low, Value high) {
  auto* below = low.as<Table>();
  auto* above = high.as<Table>();
  if (!below || !above) {
    low = std::move(high);
    return;
  }
  for (auto& [key, value] : above->entries()) {
    if (Value* known = below->find(key)) {
      merge_tables(*known, std::move(value));
    } else {
      below->set(key, std::move(value));
    }
  }
}

TomlView::TomlView(const Value& value) {
  const auto* text = value.as<Text>();
  if (!text) {
    value_ = &value;
    return;
  }
  try {
    parsed_ = parse_toml_value(text->text, value.place());
    parsed_->set_key_place(value.key_place());
    value_ = &*parsed_;
  } catch (const ConfigError&) {
    // Stays empty: the text is no TOML.
  }
}

Value default_value(Value::Data data) {
  return {std::move(data), Place()};
}

bool is_none(const Value& value) {
  if (const auto* text = value.as<Text>()) return text->text == kNone;
  const auto* string = value.as<std::string>();
  return string && *string == kNone;
}

std::string escape_references(std::string_view text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("${")) escaped += '$';
    escaped += text[i];
  }
  return escaped;
}

Value schema_table(std::vector<std::pair<std::string, Value::Data>> entries) {
  Table table;
  for (auto& [key, data] : entries) table.set(key, default_value(std::move(data)));
  return default_value(std::move(table));
}

Value either(Value schema, Value other) {
  auto* table = schema.as<Table>();
  Value* known = table->find("anyOf");
  if (known && table->entries().size() == 1) {
    known->as<Array>()->push_back(std::move(other));
    return schema;
  }
  Array both = {std::move(schema), std::move(other)};
  return schema_table({{"anyOf", std::move(both)}});
}

}  // namespace roux::config
