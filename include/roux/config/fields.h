#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "roux/base/type_name.h"
#include "roux/config/struct_type.h"
#include "roux/config/type_of.h"

namespace roux::config {

// A field under description: what a value of it must meet beyond its C++ type.
class Field {
 public:
  explicit Field(FieldInfo& info) : info_(info) {}

  Field& at_least(long double bound) { return lower({bound, true}); }
  Field& more_than(long double bound) { return lower({bound, false}); }
  Field& at_most(long double bound) { return upper({bound, true}); }
  Field& less_than(long double bound) { return upper({bound, false}); }
  Field& between(long double low, long double high) { return at_least(low).at_most(high); }

  Field& at_least(std::chrono::nanoseconds bound) { return at_least(count(bound)); }
  Field& at_most(std::chrono::nanoseconds bound) { return at_most(count(bound)); }

  // Infinity may stand.
  Field& may_be_infinite() {
    info_.limits.infinite = true;
    return *this;
  }

  // Must be given a value: an optional, a text or a list that stays empty is a problem.
  Field& required() {
    info_.limits.required = true;
    return *this;
  }

  Field& not_empty() {
    info_.limits.not_empty = true;
    return *this;
  }

  // The only texts (or dtypes) that may stand.
  Field& one_of(std::vector<std::string> choices) {
    info_.limits.choices = std::move(choices);
    return *this;
  }

  // What a plain number counts in a duration: `timeout = 15` for 15 minutes.
  Field& counts(std::chrono::nanoseconds unit) {
    info_.limits.bare_unit = unit;
    return *this;
  }

 private:
  static long double count(std::chrono::nanoseconds duration) {
    return static_cast<long double>(duration.count());
  }

  Field& lower(Limits::Bound bound) {
    info_.limits.lower = bound;
    return *this;
  }
  Field& upper(Limits::Bound bound) {
    info_.limits.upper = bound;
    return *this;
  }

  FieldInfo& info_;
};

// Given to a struct's describe(), which names each field once, with its doc and its bounds:
//
//   static void describe(config::Fields<RegimeConfig>& field) {
//     field("num_steps", &RegimeConfig::num_steps, "Optimizer steps to take.").at_least(1);
//   }
template <typename S>
class Fields {
 public:
  // The Field is good until the next one is named.
  template <typename M, typename Owner>
  Field operator()(std::string name, M Owner::*member, std::string doc) {
    static_assert(std::is_base_of_v<Owner, S>, "the field belongs to another struct");
    fields_.push_back({std::move(name), std::move(doc), &type_of<M>(), {}, [member](void* object) {
                         return static_cast<void*>(&(static_cast<S*>(object)->*member));
                       }});
    return Field(fields_.back());
  }

  // Takes over the fields of a struct that S derives from. Its own describe() is the one list.
  template <typename Base>
  void inherit();

  // A key that other systems have and that means nothing here: a warning with the reason.
  void retired(std::string name, std::string reason) {
    retired_.push_back({std::move(name), std::move(reason)});
  }

  std::vector<FieldInfo> take_fields() { return std::move(fields_); }
  std::vector<RetiredKey> take_retired() { return std::move(retired_); }
  std::vector<BaseInfo> take_bases() { return std::move(bases_); }

 private:
  std::vector<FieldInfo> fields_;
  std::vector<RetiredKey> retired_;
  std::vector<BaseInfo> bases_;
};

// A struct that says what its fields are. `void validate(Problems&) const`, where it has one,
// checks rules across them.
template <typename S>
concept Described = requires(Fields<S>& field) {
  S::describe(field);
};

template <typename S>
concept SelfValidating = requires(const S& object, Problems& problems) {
  object.validate(problems);
};

template <typename S>
const StructType& struct_type() {
  static_assert(Described<S>,
                "a config struct needs `static void describe(config::Fields<Itself>&)`");
  static_assert(std::is_default_constructible_v<S>, "a config struct needs a default everywhere");

  static const StructType type = [] {
    Fields<S> field;
    S::describe(field);
    StructType::Operations operations{
        di::TypeId::of<S>(), type_name<S>(), [] { return std::make_shared<S>(); },
        [](const void* object) { return std::make_shared<S>(*static_cast<const S*>(object)); },
        [](const void* object, Problems& problems) {
          if constexpr (SelfValidating<S>) static_cast<const S*>(object)->validate(problems);
        }};
    return StructType(std::move(operations), field.take_fields(), field.take_retired(),
                      field.take_bases());
  }();
  return type;
}

template <typename S>
template <typename Base>
void Fields<S>::inherit() {
  static_assert(std::is_base_of_v<Base, S>, "inherit() takes over the fields of a base struct");
  const auto up = [](void* object) {
    return static_cast<void*>(static_cast<Base*>(static_cast<S*>(object)));
  };
  const StructType& base = struct_type<Base>();
  bases_.push_back({&base, up});
  for (FieldInfo info : base.fields()) {
    info.locate = [up, inner = info.locate](void* object) { return inner(up(object)); };
    fields_.push_back(std::move(info));
  }
}

template <typename S>
ConfigType config_type() {
  return ConfigType(struct_type<S>());
}

}  // namespace roux::config

namespace roux {
using config::config_type;
using config::ConfigType;
}  // namespace roux
