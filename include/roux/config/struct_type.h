#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "roux/config/type.h"

namespace roux::config {

// One field of a struct, as its describe() named it.
struct FieldInfo {
  std::string name;
  std::string doc;
  const Type* type;
  Limits limits;
  std::function<void*(void*)> locate;  // the field of a struct at an address

  const void* of(const void* object) const { return locate(const_cast<void*>(object)); }
};

// A key that users of other systems may bring along, and why it means nothing here.
struct RetiredKey {
  std::string name;
  std::string reason;
};

// A struct that another one starts with, field by field.
struct BaseInfo {
  const StructType* type;
  std::function<void*(void*)> locate;
};

// The type of a config struct: a table whose keys are its fields.
class StructType final : public Type {
 public:
  // What only templates know of a struct.
  struct Operations {
    di::TypeId id;
    std::string name;
    std::function<std::shared_ptr<void>()> make;
    std::function<std::shared_ptr<void>(const void*)> copy;
    std::function<void(const void*, Problems&)> validate;
  };

  StructType(Operations operations, std::vector<FieldInfo> fields, std::vector<RetiredKey> retired,
             std::vector<BaseInfo> bases);

  std::string noun() const override { return "a table"; }
  bool single() const override { return false; }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  const Type* member(std::string_view key, const Value& value,
                     const Catalog& catalog) const override;
  void complete(Value& value, const Catalog& catalog) const override;

  di::TypeId id() const { return operations_.id; }
  const std::string& name() const { return operations_.name; }
  std::shared_ptr<void> make() const { return operations_.make(); }
  std::shared_ptr<void> copy(const void* object) const { return operations_.copy(object); }

  const std::vector<FieldInfo>& fields() const { return fields_; }
  const std::vector<BaseInfo>& bases() const { return bases_; }
  const FieldInfo* find(std::string_view name) const;
  std::vector<std::string> field_names() const;

 private:
  void report_unknown(const std::string& key, const Table& table, const Reading& reading,
                      Problems& section) const;

  Operations operations_;
  std::vector<FieldInfo> fields_;
  std::vector<RetiredKey> retired_;
  std::vector<BaseInfo> bases_;
};

// Which config a recipe reads; make one with config_type<T>().
class ConfigType {
 public:
  explicit ConfigType(const StructType& type) : type_(&type) {}

  const StructType& operator*() const { return *type_; }
  const StructType* operator->() const { return type_; }

 private:
  const StructType* type_;
};

}  // namespace roux::config
