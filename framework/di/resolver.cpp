#include "roux/di/resolver.h"

#include "di/advice.h"
#include "di/scope.h"
#include "roux/base/error.h"
#include "roux/di/wiring_error.h"

namespace roux::di {
namespace {

using detail::Node;
using detail::Scope;

void check_sealed(const Scope& scope, const Key& key) {
  if (!scope.sealed())
    throw InternalError(cat(key, " is asked for before the container is sealed."));
}

void check_const(const Node& node, bool wants_const) {
  if (!node.provider->is_const || wants_const) return;
  const std::string type = as_type(node.key);
  throw WiringError(
      {cat(node, " is provided as const (", node.where, "): ask for const ", type, ".")});
}

void check_one(const Node& node) {
  if (!node.transient()) return;
  throw WiringError({cat(node, " is made anew for each who asks (", node.where, "): make<",
                         as_type(node.key), ">() gives one.")});
}

void check_transient(const Node& node) {
  if (node.transient()) return;
  throw WiringError({cat(node, " is one for all (", node.where, "): get<", as_type(node.key),
                         ">() gives it. For new ones, register it .transient().")});
}

Node& find_or_throw(const Scope& scope, const Key& key, bool wants_const) {
  check_sealed(scope, key);
  Node* node = scope.registry().find(key);
  if (node == nullptr) {
    throw WiringError({cat(key, " is missing: a Resolver was asked for it.",
                           advice_on_missing(scope.registry(), key))});
  }
  check_const(*node, wants_const);
  return *node;
}

}  // namespace

void* Resolver::one(const Key& key, bool wants_const) const {
  Node& node = find_or_throw(*scope_, key, wants_const);
  check_one(node);
  return node.scope.one(node);
}

void* Resolver::one_or_null(const Key& key, bool wants_const) const {
  check_sealed(*scope_, key);
  return scope_->registry().find(key) != nullptr ? one(key, wants_const) : nullptr;
}

std::vector<void*> Resolver::members(const Key& key, bool wants_const) const {
  check_sealed(*scope_, key);
  std::vector<void*> members;
  for (Node* node : scope_->registry().members(key)) {
    check_const(*node, wants_const);
    check_one(*node);
    members.push_back(node->scope.one(*node));
  }
  return members;
}

detail::Deferred Resolver::deferred(const Key& key, bool wants_const) const {
  return detail::Deferred(find_or_throw(*scope_, key, wants_const));
}

std::shared_ptr<void> Resolver::fresh(const Key& key, bool wants_const) const {
  Node& node = find_or_throw(*scope_, key, wants_const);
  check_transient(node);
  return node.scope.build(node);
}

}  // namespace roux::di
