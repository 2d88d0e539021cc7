#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "roux/config/fields.h"
#include "roux/config/type.h"

namespace roux::config {

// What a `{name, config}` section holds, whatever its kind: the name of a registered component and
// that component's own struct. An empty name chooses nothing.
struct AnyChoice {
  std::string name;
  std::shared_ptr<const void> config;       // null: the component's defaults
  const StructType* config_type = nullptr;  // of `config`

  bool chosen() const { return !name.empty(); }

  // The config, if it is a C, or nullptr.
  template <typename C>
  const C* config_as() const {
    return config_type == &struct_type<C>() ? static_cast<const C*>(config.get()) : nullptr;
  }
};

// Chooses one of the components of a kind, which may be a class that is only declared:
//
//   config::Choice<Optimizer> optimizer{"adamw", AdamWConfig{.lr = 3e-4}};
template <typename Kind>
struct Choice : AnyChoice {
  Choice() = default;

  explicit Choice(std::string component) { name = std::move(component); }

  template <typename C>
  Choice(std::string component, C component_config) {
    name = std::move(component);
    config = std::make_shared<const C>(std::move(component_config));
    config_type = &struct_type<C>();
  }
};

// The type of every Choice of one kind.
class ChoiceType final : public Type {
 public:
  explicit ChoiceType(di::TypeId kind) : kind_(kind) {}

  std::string noun() const override { return "a table of name and config"; }
  bool single() const override { return false; }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  bool empty(const void* object) const override;
  const Type* member(std::string_view key, const Value& value,
                     const Catalog& catalog) const override;
  void merge(Value& low, Value high, const Catalog& catalog) const override;
  void complete(Value& value, const Catalog& catalog) const override;

  di::TypeId kind() const { return kind_; }

 private:
  // The struct for the component that `value` names, or nullptr.
  const StructType* config_type(const Value& value, const Catalog& catalog) const;

  // The struct for the component `name`, or nullptr after recording that there is none.
  const StructType* catalog_type(const std::string& name, const Value& value,
                                 const Reading& reading, Problems& section) const;

  di::TypeId kind_;
};

template <typename Kind>
const Type& choice_type() {
  static const ChoiceType type{di::TypeId::of<Kind>()};
  return type;
}

}  // namespace roux::config

namespace roux {
using config::Choice;
}  // namespace roux
