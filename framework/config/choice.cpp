#include "roux/config/choice.h"

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::config {
namespace {

const Limits kNoLimits;

// The name that a `{name, config}` table gives, or nothing if it gives none or a strange one.
std::string given_name(const Value& value) {
  const auto* table = value.as<Table>();
  const Value* name = table ? table->find("name") : nullptr;
  return name ? text_of(*name).value_or("") : "";
}

}  // namespace

const StructType* ChoiceType::config_type(const Value& value, const Catalog& catalog) const {
  return catalog.config_of(kind_, given_name(value));
}

void ChoiceType::read(const Value& value, void* target, const Reading& reading) const {
  const TomlView typed(value);
  const auto* table = typed ? typed->as<Table>() : nullptr;
  if (!table) return reading.refuse(typed.value_or(value), noun());

  auto& choice = *static_cast<AnyChoice*>(target);
  choice = {};
  Problems section = reading.section.section(reading.key, &*typed);
  const std::vector<std::string> keys = {"name", "config"};
  for (const auto& [key, given] : table->entries()) {
    if (key == "name" || key == "config") continue;
    section.add_at(given.key_place(), quote_key(key),
                   cat("unknown key: a component's own settings stand under \"config\"",
                       did_you_mean(key, keys)));
  }

  const Value* name = table->find("name");
  if (!name) return section.needs("name");
  std::string chosen;
  scalar_type<std::string>().read(*name, &chosen, reading.inside(section, "name", kNoLimits));
  if (section.any("name")) return;
  if (chosen.empty()) return section.needs("name");

  const auto* type = catalog_type(chosen, *name, reading, section);
  if (!type) return;
  const auto config = type->make();
  if (const Value* given = table->find("config")) {
    type->read(*given, config.get(), reading.inside(section, "config", kNoLimits));
  } else {
    type->read(default_value(Table()), config.get(), reading.inside(section, "config", kNoLimits));
  }
  choice.name = chosen;
  choice.config = config;
  choice.config_type = type;
}

const StructType* ChoiceType::catalog_type(const std::string& name, const Value& value,
                                           const Reading& reading, Problems& section) const {
  if (const auto* type = reading.catalog.config_of(kind_, name)) return type;

  const auto names = reading.catalog.names(kind_);
  const auto known = names.empty() ? cat("no ", kind_.name(), " is registered")
                                   : cat("must be one of ", join(names, ", "));
  section.add_at(
      value.place(), "name",
      cat(known, ", but is ", describe(Value(Text{name}, {})), did_you_mean(name, names)));
  return nullptr;
}

Value ChoiceType::write(const void* object) const {
  const auto& choice = *static_cast<const AnyChoice*>(object);
  Table table;
  table.set("name", default_value(choice.name));
  if (choice.config) table.set("config", choice.config_type->write(choice.config.get()));
  return default_value(std::move(table));
}

Value ChoiceType::schema(const Limits&, const Catalog& catalog) const {
  Array names;
  Array rules;
  for (const auto& name : catalog.names(kind_)) {
    names.push_back(default_value(name));
    // Required: where the name is left out, no component's rules hold, and not all of them.
    const auto named = schema_table(
        {{"required", Array{default_value("name")}},
         {"properties", schema_table({{"name", schema_table({{"const", name}}).data()}}).data()}});
    const auto config = catalog.config_of(kind_, name)->schema(kNoLimits, catalog);
    const auto configured =
        schema_table({{"properties", schema_table({{"config", config.data()}}).data()}});
    rules.push_back(schema_table({{"if", named.data()}, {"then", configured.data()}}));
  }

  Table properties;
  properties.set("name", names.empty() ? schema_table({{"type", "string"}})
                                       : either(schema_table({{"enum", std::move(names)}}),
                                                schema_table({{"$ref", "#/$defs/reference"}})));
  properties.set("config", schema_table({{"type", "object"}}));
  auto schema = schema_table(
      {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}});
  if (!rules.empty()) schema.as<Table>()->set("allOf", default_value(std::move(rules)));
  return schema;
}

bool ChoiceType::empty(const void* object) const {
  return !static_cast<const AnyChoice*>(object)->chosen();
}

const Type* ChoiceType::member(std::string_view key, const Value& value,
                               const Catalog& catalog) const {
  if (key == "name") return &scalar_type<std::string>();
  return key == "config" ? config_type(value, catalog) : nullptr;
}

void ChoiceType::merge(Value& low, Value high, const Catalog& catalog) const {
  high = Value(TomlView(high).value_or(high));
  auto* below = low.as<Table>();
  auto* above = high.as<Table>();
  // Another component: what was said of the first one's settings says nothing of this one's. Its
  // name comes first, since it says how the settings merge.
  const auto name = given_name(high);
  if (below && above && !name.empty() && name != given_name(low)) {
    below->erase("config");
    below->set("name", *above->find("name"));
  }
  Type::merge(low, std::move(high), catalog);
}

void ChoiceType::complete(Value& value, const Catalog& catalog) const {
  parse_tree(value);
  auto* table = value.as<Table>();
  const auto* type = config_type(value, catalog);
  if (!table || !type) return;

  if (!table->find("config")) table->set("config", default_value(Table()));
  type->complete(*table->find("config"), catalog);
}

}  // namespace roux::config
