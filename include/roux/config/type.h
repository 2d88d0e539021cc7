#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/config/limits.h"
#include "roux/config/problems.h"
#include "roux/config/value.h"
#include "roux/di/type_id.h"

namespace roux::config {

class StructType;

// The components that `name` may choose in a `{name, config}` section of some kind.
class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual std::vector<std::string> names(di::TypeId kind) const = 0;

  // The struct that configures the component `name`, or nullptr if there is none of that name.
  virtual const StructType* config_of(di::TypeId kind, std::string_view name) const = 0;
};

// Where nothing can be chosen.
class NoCatalog final : public Catalog {
 public:
  std::vector<std::string> names(di::TypeId) const override { return {}; }
  const StructType* config_of(di::TypeId, std::string_view) const override { return nullptr; }
};

// What reading one value needs to know about where it stands.
struct Reading {
  Problems section;  // the struct around the value
  std::string key;   // of the value, in that struct: "betas", "betas[1]"
  const Limits& limits;
  const Catalog& catalog;
  const StructType* root;  // the whole config's type, to tell a user where a key belongs

  // The same for something at or below this value.
  Reading at(std::string inner_key, const Limits& inner_limits) const;
  Reading inside(Problems inner_section, std::string inner_key, const Limits& inner_limits) const;

  // Records that the value must be something else than it is.
  void refuse(const Value& value, std::string_view must_be) const;
};

// What can be said about one C++ type of a field: how it is read, written, documented. One object a
// type, immutable, alive for ever; the objects it works on are passed as `void*`.
class Type {
 public:
  virtual ~Type() = default;

  // As the end of "must be …": "an integer", "one of off, layerwise".
  virtual std::string noun() const = 0;

  // Reads `value` into the object at `target`, or records why it can't be.
  virtual void read(const Value& value, void* target, const Reading& reading) const = 0;

  // The object as a tree of defaults: texts stand for themselves, whatever `${` they hold. What is
  // unset is the string "none".
  virtual Value write(const void* object) const = 0;

  // Its JSON Schema (draft 2020-12).
  virtual Value schema(const Limits& limits, const Catalog& catalog) const = 0;

  // Whether nothing was given: an optional without value, an empty text or list.
  virtual bool empty(const void* object) const;

  // What stands below `key` of a value of this type, or nullptr.
  virtual const Type* member(std::string_view key, const Value& value,
                             const Catalog& catalog) const;

  // Lays `high` over `low`, both values of this type. Tables merge key by key, each as its member's
  // type does; everything else is replaced.
  virtual void merge(Value& low, Value high, const Catalog& catalog) const;

  // Adds to `value` what it leaves out, so that every key of it can be referred to, and makes a
  // tree of the text of a command line where one must stand.
  virtual void complete(Value& value, const Catalog& catalog) const;

  // The field's limits as a person would say them: "at least 1", "one of sum, mean"; or "".
  virtual std::string rule(const Limits& limits) const;

  // A plain text on the command line stands for itself, and is not read as TOML.
  virtual bool takes_text() const { return false; }

  // Numbers, and what holds them: bounds mean something.
  virtual bool bounded() const { return false; }

  // One value, whose default fits into a schema: no table and no list.
  virtual bool single() const { return true; }
};

// A value itself, or what its text reads as in TOML. False if that is nothing.
class TomlView {
 public:
  explicit TomlView(const Value& value);

  explicit operator bool() const { return value_ != nullptr; }
  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return value_; }
  const Value& value_or(const Value& other) const { return value_ ? *value_ : other; }

 private:
  std::optional<Value> parsed_;
  const Value* value_ = nullptr;
};

// Puts the table or array that a word of the command line reads as into the place of the word.
void parse_tree(Value& value);

// The text of a string, or of a word on the command line, which is raw unless it is quoted.
std::optional<std::string> text_of(const Value& value);

// A value of a default, which stands in no file.
Value default_value(Value::Data data);

// The string "none", which unsets an optional: TOML has no null.
inline constexpr std::string_view kNone = "none";
bool is_none(const Value& value);

// `value` with `${` written as `$${` in all its texts, so that a file with them gives them back.
Value escape_references(const Value& value);

// A short table for a schema: schema_table({{"type", "integer"}}).
Value schema_table(std::vector<std::pair<std::string, Value::Data>> entries);

// A schema for what meets one of the two.
Value either(Value schema, Value other);

// The schema of a value of `type` where it stands in a file: a `${…}` reference may stand for it.
Value schema_or_reference(const Type& type, const Limits& limits, const Catalog& catalog);

}  // namespace roux::config
