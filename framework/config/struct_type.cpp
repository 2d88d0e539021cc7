#include "roux/config/struct_type.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::config {
namespace {

const Limits kNoLimits;

// Where a key that is unknown here would be known: "regime.num_steps" for "num_steps".
std::string find_elsewhere(const StructType& root, std::string_view key) {
  for (const auto& field : root.fields()) {
    const auto* section = dynamic_cast<const StructType*>(field.type);
    if (section && section->find(key)) return join_key(field.name, key);
  }
  return "";
}

}  // namespace

StructType::StructType(Operations operations, std::vector<FieldInfo> fields,
                       std::vector<RetiredKey> retired, std::vector<BaseInfo> bases)
    : operations_(std::move(operations)),
      fields_(std::move(fields)),
      retired_(std::move(retired)),
      bases_(std::move(bases)) {
  auto names = field_names();
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  require(twice == names.end(),
          cat(name(), " describes the field ", twice == names.end() ? "" : *twice, " twice"));
  for (const auto& field : fields_) {
    const bool bounds = field.limits.lower || field.limits.upper;
    require(!bounds || field.type->bounded(),
            cat(name(), ".", field.name, " has bounds, but is ", field.type->noun()));
  }
}

const FieldInfo* StructType::find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &FieldInfo::name);
  return found == fields_.end() ? nullptr : &*found;
}

std::vector<std::string> StructType::field_names() const {
  std::vector<std::string> names;
  for (const auto& field : fields_) names.push_back(field.name);
  return names;
}

void StructType::read(const Value& value, void* target, const Reading& reading) const {
  const TomlView typed(value);
  const auto* table = typed ? typed->as<Table>() : nullptr;
  if (!table) return reading.refuse(typed.value_or(value), noun());

  Problems section = reading.section.section(reading.key, &*typed);
  for (const auto& [key, unused] : table->entries()) {
    if (!find(key)) report_unknown(key, *table, reading, section);
  }
  for (const auto& field : fields_) {
    void* member = field.locate(target);
    if (const Value* given = table->find(field.name)) {
      field.type->read(*given, member, reading.inside(section, field.name, field.limits));
    }
    if (field.limits.required && field.type->empty(member)) section.needs(field.name);
  }
  operations_.validate(target, section);
}

void StructType::report_unknown(const std::string& key, const Table& table, const Reading& reading,
                                Problems& section) const {
  const auto& place = table.find(key)->key_place();
  const auto retired = std::ranges::find(retired_, key, &RetiredKey::name);
  if (retired != retired_.end()) {
    section.warn(quote_key(key), cat("is ignored: ", retired->reason));
    return;
  }
  auto hint = did_you_mean(key, field_names());
  if (hint.empty() && reading.root) {
    const auto elsewhere = find_elsewhere(*reading.root, key);
    if (!elsewhere.empty()) hint = cat(" (did you mean \"", elsewhere, "\"?)");
  }
  section.add_at(place, quote_key(key), cat("unknown key", hint));
}

Value StructType::write(const void* object) const {
  Table table;
  for (const auto& field : fields_) table.set(field.name, field.type->write(field.of(object)));
  return default_value(std::move(table));
}

const Type* StructType::member(std::string_view key, const Value&, const Catalog&) const {
  const auto* field = find(key);
  return field ? field->type : nullptr;
}

void StructType::complete(Value& value, const Catalog& catalog) const {
  parse_tree(value);
  auto* table = value.as<Table>();
  if (!table) return;

  const auto defaults = make();
  for (const auto& field : fields_) {
    if (!table->find(field.name)) {
      table->set(field.name, field.type->write(field.of(defaults.get())));
    }
    field.type->complete(*table->find(field.name), catalog);
  }
}

Value StructType::schema(const Limits&, const Catalog& catalog) const {
  const auto defaults = make();
  Table properties;
  for (const auto& field : fields_) {
    auto schema = schema_or_reference(*field.type, field.limits, catalog);
    auto* table = schema.as<Table>();
    table->set("description", default_value(field.doc));
    if (field.type->single() && !field.limits.required) {
      table->set("default", escape_references(field.type->write(field.of(defaults.get()))));
    }
    properties.set(field.name, std::move(schema));
  }
  for (const auto& key : retired_) {
    properties.set(key.name, schema_table({{"deprecated", true}, {"description", key.reason}}));
  }
  return schema_table(
      {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
}

}  // namespace roux::config
