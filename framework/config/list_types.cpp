#include "roux/config/list_types.h"

#include <algorithm>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::config {
namespace {

std::string element_key(const Reading& reading, std::size_t i) {
  return cat(reading.key, "[", i, "]");
}

// The array that `value` is or reads as, or nullopt after recording that it is none.
std::optional<Array> read_array(const Value& value, const std::string& noun,
                                const Reading& reading) {
  const TomlView typed(value);
  if (typed && typed->as<Array>()) return *typed->as<Array>();
  reading.refuse(typed.value_or(value), noun);
  return std::nullopt;
}

Value array_schema(Value items) {
  return schema_table({{"type", "array"}, {"items", items.data()}});
}

}  // namespace

void OptionalType::read(const Value& value, void* target, const Reading& reading) const {
  if (is_none(value)) return operations_.reset(target);

  const void* held = operations_.held(target);
  inner_.read(value, held ? const_cast<void*>(held) : operations_.emplace(target), reading);
  // Nothing half read is left for validate() to stumble on.
  if (!held && reading.section.any(reading.key)) operations_.reset(target);
}

Value OptionalType::write(const void* object) const {
  const void* held = operations_.held(object);
  return held ? inner_.write(held) : default_value(std::string(kNone));
}

Value OptionalType::schema(const Limits& limits, const Catalog& catalog) const {
  Array either = {inner_.schema(limits, catalog), schema_table({{"const", std::string(kNone)}})};
  return schema_table({{"anyOf", std::move(either)}});
}

bool OptionalType::empty(const void* object) const {
  const void* held = operations_.held(object);
  return !held || inner_.empty(held);
}

const Type* OptionalType::member(std::string_view key, const Value& value,
                                 const Catalog& catalog) const {
  return inner_.member(key, value, catalog);
}

void OptionalType::merge(Value& low, Value high, const Catalog& catalog) const {
  if (is_none(low) || is_none(high)) {
    low = std::move(high);
  } else {
    inner_.merge(low, std::move(high), catalog);
  }
}

void OptionalType::complete(Value& value, const Catalog& catalog) const {
  if (!is_none(value)) inner_.complete(value, catalog);
}

void VectorType::read(const Value& value, void* target, const Reading& reading) const {
  const auto array = read_array(value, noun(), reading);
  if (!array) return;
  if (reading.limits.not_empty && array->empty()) {
    Problems(reading.section).add_at(value.place(), reading.key, "must not be empty");
  }
  operations_.resize(target, array->size());
  for (std::size_t i = 0; i < array->size(); ++i) {
    element_.read((*array)[i], operations_.element(target, i),
                  reading.at(element_key(reading, i), reading.limits));
  }
}

Value VectorType::write(const void* object) const {
  Array array;
  for (std::size_t i = 0; i < size(object); ++i) array.push_back(element_.write(at(object, i)));
  return default_value(std::move(array));
}

Value VectorType::schema(const Limits& limits, const Catalog& catalog) const {
  auto schema = array_schema(schema_or_reference(element_, limits, catalog));
  if (limits.not_empty) schema.as<Table>()->set("minItems", default_value(std::int64_t{1}));
  return schema;
}

bool VectorType::empty(const void* object) const {
  return size(object) == 0;
}

void VectorType::complete(Value& value, const Catalog& catalog) const {
  parse_tree(value);
  if (auto* array = value.as<Array>()) {
    for (auto& element : *array) element_.complete(element, catalog);
  }
}

std::string ArrayType::noun() const {
  return cat("an array of ", size_);
}

void ArrayType::read(const Value& value, void* target, const Reading& reading) const {
  const auto array = read_array(value, noun(), reading);
  if (!array) return;
  if (array->size() != size_) {
    Problems(reading.section)
        .add_at(value.place(), reading.key,
                cat("must be ", noun(), ", but is one of ", array->size()));
    return;
  }
  for (std::size_t i = 0; i < size_; ++i) {
    element_.read((*array)[i], at_(target, i), reading.at(element_key(reading, i), reading.limits));
  }
}

Value ArrayType::write(const void* object) const {
  Array array;
  for (std::size_t i = 0; i < size_; ++i) {
    array.push_back(element_.write(at_(const_cast<void*>(object), i)));
  }
  return default_value(std::move(array));
}

Value ArrayType::schema(const Limits& limits, const Catalog& catalog) const {
  auto schema = array_schema(schema_or_reference(element_, limits, catalog));
  schema.as<Table>()->set("minItems", default_value(static_cast<std::int64_t>(size_)));
  schema.as<Table>()->set("maxItems", default_value(static_cast<std::int64_t>(size_)));
  return schema;
}

void MapType::read(const Value& value, void* target, const Reading& reading) const {
  const TomlView typed(value);
  const auto* table = typed ? typed->as<Table>() : nullptr;
  if (!table) return reading.refuse(typed.value_or(value), noun());

  operations_.clear(target);
  const auto section = reading.section.section(reading.key, &*typed);
  for (const auto& [key, element] : table->entries()) {
    element_.read(element, operations_.insert(target, key),
                  reading.inside(section, quote_key(key), reading.limits));
  }
}

Value MapType::write(const void* object) const {
  Table table;
  operations_.each(object, [&](const std::string& key, const void* element) {
    table.set(key, element_.write(element));
  });
  return default_value(std::move(table));
}

Value MapType::schema(const Limits& limits, const Catalog& catalog) const {
  return schema_table(
      {{"type", "object"},
       {"additionalProperties", schema_or_reference(element_, limits, catalog).data()}});
}

bool MapType::empty(const void* object) const {
  bool empty = true;
  operations_.each(object, [&](const std::string&, const void*) { empty = false; });
  return empty;
}

const Type* MapType::member(std::string_view, const Value&, const Catalog&) const {
  return &element_;
}

void MapType::complete(Value& value, const Catalog& catalog) const {
  parse_tree(value);
  if (auto* table = value.as<Table>()) {
    for (auto& [key, element] : table->entries()) element_.complete(element, catalog);
  }
}

void ArrayType::complete(Value& value, const Catalog& catalog) const {
  parse_tree(value);
  if (auto* array = value.as<Array>()) {
    for (auto& element : *array) element_.complete(element, catalog);
  }
}

void VariantType::complete(Value& value, const Catalog&) const {
  parse_tree(value);
}

std::string VariantType::noun() const {
  std::vector<std::string> nouns;
  for (const auto* each : alternatives_) nouns.push_back(each->noun());
  return join(nouns, " or ");
}

void VariantType::read(const Value& value, void* target, const Reading& reading) const {
  std::optional<std::size_t> right_kind;
  for (std::size_t i = 0; i < alternatives_.size(); ++i) {
    const Problems scratch;
    alternatives_[i]->read(value, operations_.emplace(target, i),
                           reading.inside(scratch, reading.key, reading.limits));
    const auto problems = scratch.all();
    if (problems.empty()) return;
    // Refused for its size, say, and not for what it is: that is what the user wants to hear.
    if (!problems[0].text.starts_with("must be " + alternatives_[i]->noun())) right_kind = i;
  }

  if (right_kind) {
    alternatives_[*right_kind]->read(value, operations_.emplace(target, *right_kind), reading);
  } else {
    reading.refuse(TomlView(value).value_or(value), noun());
  }
  operations_.emplace(target, 0);
}

Value VariantType::write(const void* object) const {
  return alternatives_[operations_.index(object)]->write(operations_.held(object));
}

Value VariantType::schema(const Limits& limits, const Catalog& catalog) const {
  Array schemas;
  for (const auto* each : alternatives_) schemas.push_back(each->schema(limits, catalog));
  return schema_table({{"anyOf", std::move(schemas)}});
}

bool VariantType::empty(const void* object) const {
  return alternatives_[operations_.index(object)]->empty(operations_.held(object));
}

}  // namespace roux::config
