#pragma once

#include "roux/di/key.h"

namespace roux::di {

// A named one of several of a class. The same type registers it and asks for it:
//
//   container.provide<Keyed<Model, "reference_model">>(...);
//   container.provide<DpoUnit>([](Model& policy, Keyed<Model, "reference_model"> reference) {
//     return std::make_unique<DpoUnit>(policy, *reference);
//   });
//
// A reference in other clothes: copy it freely; it lives as long as the container.
template <typename T, FixedString kName>
class Keyed {
 public:
  explicit Keyed(T& object) : object_(&object) {}

  T& get() const { return *object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  T* object_;
};

}  // namespace roux::di
