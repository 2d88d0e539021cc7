#pragma once

#include <string>

#include "roux/di/key.h"

namespace roux::di {

// The ways in which a provider's parameter can ask.
enum class Form {
  Reference,  // T&, const T&, Keyed<T, "name">
  Shared,     // std::shared_ptr<T>
  Optional,   // T*: null if nothing provides it
  Lazy,       // Lazy<T>: built on first use
  Factory,    // Factory<T>: a new one at each call
  All,        // All<T>: the ordered collection
  Resolver,   // Resolver&: anything, found out only when it runs
  Inner,      // what a decorator wraps
};

// One parameter of a provider: known without running the provider, which is what lets seal() check
// the whole graph.
struct Dependency {
  Key key;
  Form form;
  bool wants_const;  // content with a view that may not be changed
};

// As it stands in the provider: `Clock`, `std::shared_ptr<const Clock>`, `Lazy<Clock>`.
std::string as_written(const Dependency& dependency);

}  // namespace roux::di
