#include "roux/config/type.h"

#include "roux/base/error.h"
#include "roux/base/strings.h"
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

namespace {

// Lays `high` over `low`, of a type if one is known.
void lay_over(Value& low, Value high, const Type* type, const Catalog& catalog) {
  // A word of the command line is a table if it meets one.
  if (low.as<Table>()) high = Value(TomlView(high).value_or(high));
  if (high.as<Table>()) low = Value(TomlView(low).value_or(low));
  auto* below = low.as<Table>();
  auto* above = high.as<Table>();
  if (!below || !above) {
    low = std::move(high);
    return;
  }

  low.set_key_place(high.key_place());
  for (auto& [key, value] : above->entries()) {
    Value* known = below->find(key);
    const Type* inner = type ? type->member(key, low, catalog) : nullptr;
    if (known && inner) {
      inner->merge(*known, std::move(value), catalog);
    } else if (known) {
      lay_over(*known, std::move(value), nullptr, catalog);
    } else {
      below->set(key, std::move(value));
    }
  }
}

}  // namespace

bool Type::empty(const void*) const {
  return false;
}

const Type* Type::member(std::string_view, const Value&, const Catalog&) const {
  return nullptr;
}

void Type::merge(Value& low, Value high, const Catalog& catalog) const {
  lay_over(low, std::move(high), this, catalog);
}

std::string Type::rule(const Limits&) const {
  return "";
}

void Type::complete(Value&, const Catalog&) const {}

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

void parse_tree(Value& value) {
  const TomlView typed(value);
  if (!typed || &*typed == &value) return;
  if (typed->as<Table>() || typed->as<Array>()) value = Value(*typed);
}

std::optional<std::string> text_of(const Value& value) {
  if (const auto* string = value.as<std::string>()) return *string;
  const auto* text = value.as<Text>();
  if (!text) return std::nullopt;

  const auto& raw = text->text;
  if (raw.size() >= 2 && (raw.front() == '"' || raw.front() == '\'') && raw.back() == raw.front()) {
    const TomlView typed(value);
    const auto* unquoted = typed ? typed->as<std::string>() : nullptr;
    if (unquoted) return *unquoted;
  }
  return raw;
}

bool is_none(const Value& value) {
  return text_of(value) == kNone;
}

Value escape_references(const Value& value) {
  Value escaped = value;
  if (const auto* text = value.as<std::string>()) {
    std::string out;
    for (std::size_t i = 0; i < text->size(); ++i) {
      if (text->compare(i, 2, "${") == 0) out += '$';
      out += (*text)[i];
    }
    escaped = Value(std::move(out), value.place());
  } else if (auto* array = escaped.as<Array>()) {
    for (auto& element : *array) element = escape_references(element);
  } else if (auto* table = escaped.as<Table>()) {
    for (auto& [key, element] : table->entries()) element = escape_references(element);
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

Value schema_or_reference(const Type& type, const Limits& limits, const Catalog& catalog) {
  auto schema = type.schema(limits, catalog);
  if (!type.single()) return schema;
  const Table& said = *schema.as<Table>();
  const Value* of = said.find("type");
  const bool any_text = of && text_of(*of) == "string" && !said.find("enum");
  if (any_text) return schema;
  return either(std::move(schema), schema_table({{"$ref", "#/$defs/reference"}}));
}

}  // namespace roux::config
