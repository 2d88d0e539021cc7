#pragma once

#include <atomic>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "roux/di/detail/provider.h"
#include "roux/di/section.h"
#include "roux/di/where.h"

namespace roux::di::detail {

class Scope;

// What a section of the config said.
struct Choice {
  std::string section;
  ComponentInfo component;
  std::shared_ptr<const void> config;
};

// One thing that a container can build: from a provide, instance, collect, replace or decorate, or
// from a component that was chosen.
struct Node {
  Node(Key k, Where w, std::shared_ptr<Provider> p, Scope& s, std::size_t n)
      : key(std::move(k)), where(w), provider(std::move(p)), scope(s), order(n) {}

  Key key;
  Where where;
  std::shared_ptr<Provider> provider;  // shared: a list may choose one component twice
  Scope& scope;                        // builds and owns it
  std::size_t order;                   // of registration

  std::optional<Choice> choice;
  std::optional<std::size_t> index = std::nullopt;  // its place among the own members of an All
  Node* inner = nullptr;                            // what it decorates; may be the parent's

  // Null until it is built, and again once it is destroyed. Storing it publishes `owner`.
  std::atomic<void*> ready = nullptr;
  Instance owner;

  bool transient() const { return inner != nullptr ? inner->transient() : provider->transient; }
};

// What it is called: `Clock`, `Model "reference_model"`, `Modifier[0]`.
std::string name_of(const Node& node);

// For messages, with how it came to be: `Optimizer = "adamw"`, `decorator of Clock`.
std::ostream& operator<<(std::ostream& out, const Node& node);

}  // namespace roux::di::detail
