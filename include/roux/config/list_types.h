#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "roux/config/type.h"

namespace roux::config {

// The types that hold others. What only templates know of the C++ type comes as functions
// (type_of.h), so that the work is compiled once.

// std::optional: the string "none" unsets it.
class OptionalType final : public Type {
 public:
  struct Operations {
    void* (*emplace)(void*);
    void (*reset)(void*);
    const void* (*held)(const void*);  // nullptr: unset
  };

  OptionalType(const Type& inner, Operations operations) : inner_(inner), operations_(operations) {}

  std::string noun() const override { return inner_.noun() + ", or \"none\""; }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  bool empty(const void* object) const override;
  const Type* member(std::string_view key, const Value& value,
                     const Catalog& catalog) const override;
  void merge(Value& low, Value high, const Catalog& catalog) const override;
  void complete(Value& value, const Catalog& catalog) const override;
  std::string rule(const Limits& limits) const override { return inner_.rule(limits); }
  bool takes_text() const override { return inner_.takes_text(); }
  bool single() const override { return inner_.single(); }
  bool bounded() const override { return inner_.bounded(); }

  const Type& inner() const { return inner_; }
  const void* held(const void* object) const { return operations_.held(object); }

 private:
  const Type& inner_;
  Operations operations_;
};

// std::vector: a TOML array of any length.
class VectorType final : public Type {
 public:
  struct Operations {
    void (*resize)(void*, std::size_t);  // to that many default elements
    std::size_t (*size)(const void*);
    void* (*element)(void*, std::size_t);
  };

  VectorType(const Type& element, Operations operations)
      : element_(element), operations_(operations) {}

  std::string noun() const override { return "an array"; }
  bool single() const override { return false; }
  bool bounded() const override { return element_.bounded(); }
  std::string rule(const Limits& limits) const override { return element_.rule(limits); }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  bool empty(const void* object) const override;
  void complete(Value& value, const Catalog& catalog) const override;

  const Type& element() const { return element_; }
  std::size_t size(const void* object) const { return operations_.size(object); }
  const void* at(const void* object, std::size_t i) const {
    return operations_.element(const_cast<void*>(object), i);
  }

 private:
  const Type& element_;
  Operations operations_;
};

// std::array: a TOML array of a fixed length, such as betas.
class ArrayType final : public Type {
 public:
  using Element = void* (*)(void*, std::size_t);

  ArrayType(const Type& element, std::size_t size, Element at)
      : element_(element), size_(size), at_(at) {}

  std::string noun() const override;
  bool single() const override { return false; }
  bool bounded() const override { return element_.bounded(); }
  std::string rule(const Limits& limits) const override { return element_.rule(limits); }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  void complete(Value& value, const Catalog& catalog) const override;

 private:
  const Type& element_;
  std::size_t size_;
  Element at_;
};

// std::map<std::string, T>: a table with keys of the user's choosing.
class MapType final : public Type {
 public:
  using Visit = std::function<void(const std::string&, const void*)>;
  struct Operations {
    void (*clear)(void*);
    void* (*insert)(void*, const std::string&);
    void (*each)(const void*, const Visit&);
  };

  MapType(const Type& element, Operations operations)
      : element_(element), operations_(operations) {}

  std::string noun() const override { return "a table"; }
  bool single() const override { return false; }
  bool bounded() const override { return element_.bounded(); }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  bool empty(const void* object) const override;
  const Type* member(std::string_view key, const Value& value,
                     const Catalog& catalog) const override;
  void complete(Value& value, const Catalog& catalog) const override;

 private:
  const Type& element_;
  Operations operations_;
};

// std::variant: the first alternative that can read the value takes it.
class VariantType final : public Type {
 public:
  struct Operations {
    void* (*emplace)(void*, std::size_t);
    std::size_t (*index)(const void*);
    const void* (*held)(const void*);
  };

  VariantType(std::vector<const Type*> alternatives, Operations operations)
      : alternatives_(std::move(alternatives)), operations_(operations) {}

  std::string noun() const override;
  bool bounded() const override { return alternatives_[0]->bounded(); }
  std::string rule(const Limits& limits) const override { return alternatives_[0]->rule(limits); }
  void read(const Value& value, void* target, const Reading& reading) const override;
  Value write(const void* object) const override;
  Value schema(const Limits& limits, const Catalog& catalog) const override;
  bool empty(const void* object) const override;
  void complete(Value& value, const Catalog& catalog) const override;

 private:
  std::vector<const Type*> alternatives_;
  Operations operations_;
};

}  // namespace roux::config
