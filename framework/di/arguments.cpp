#include "roux/di/detail/arguments.h"

#include <memory>
#include <utility>

#include "di/scope.h"
#include "roux/base/error.h"

namespace roux::di::detail {
namespace {

// What a provider made, and what was made for it alone.
struct Bundle {
  std::vector<Instance> parts;
  Instance object;

  Bundle(std::vector<Instance> p, Instance o) : parts(std::move(p)), object(std::move(o)) {}
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;
  ~Bundle() {
    object.reset();
    while (!parts.empty()) parts.pop_back();
  }
};

Node& checked(Node* node) {
  require(node != nullptr, "di: seal() has let something pass that is missing");
  return *node;
}

Instance shared_of(Node& node) {
  return node.transient() ? node.scope.build(node) : node.scope.shared(node);
}

}  // namespace

Arguments::Arguments(Node& node) : node_(node) {}

void* Arguments::reference(const Key& key) {
  return reference(checked(find(key)));
}

Instance Arguments::shared(const Key& key) {
  return shared_of(checked(find(key)));
}

void* Arguments::optional(const Key& key) {
  Node* node = find(key);
  return node != nullptr ? reference(*node) : nullptr;
}

Deferred Arguments::deferred(const Key& key) {
  return Deferred(checked(find(key)));
}

std::vector<void*> Arguments::all(const Key& key) {
  std::vector<void*> members;
  for (Node* node : node_.scope.registry().members(key)) members.push_back(reference(*node));
  return members;
}

Resolver& Arguments::resolver() {
  return node_.scope.resolver();
}

const void* Arguments::config() const {
  return node_.choice->config.get();
}

void* Arguments::inner() {
  return reference(*node_.inner);
}

Instance Arguments::shared_inner() {
  return shared_of(*node_.inner);
}

Instance Arguments::bundle(Instance object) && {
  if (parts_.empty()) return object;
  void* const address = object.get();
  return {std::make_shared<Bundle>(std::move(parts_), std::move(object)), address};
}

Node* Arguments::find(const Key& key) const {
  return node_.scope.registry().find(key);
}

void* Arguments::reference(Node& node) {
  if (!node.transient()) return node.scope.one(node);
  return parts_.emplace_back(node.scope.build(node)).get();
}

}  // namespace roux::di::detail
