#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "di/node.h"
#include "di/registry.h"
#include "roux/di/resolver.h"

namespace roux::di::detail {

using Report = std::function<void(const std::string& problem)>;

// The inside of a container: what is registered in it, and what it has built. Outlives its
// Container for as long as a Lazy, a Factory or a child still points at it, but then builds
// nothing.
//
// Thread safety: registering and closing, one thread; once sealed, the rest from any thread. Only
// one thread at a time builds in a container and its children: with a lock for each object, two
// threads could each wait for what the other is building.
class Scope : public std::enable_shared_from_this<Scope> {
 public:
  explicit Scope(std::shared_ptr<Scope> parent);
  ~Scope();

  Registry& registry() { return registry_; }
  const Registry& registry() const { return registry_; }
  const Resolver& resolver() const { return resolver_; }
  Resolver& resolver() { return resolver_; }

  void seal();
  bool sealed() const { return sealed_; }

  void report_to(Report report) { report_ = std::move(report); }

  // The one object of a node of this scope, built if need be. Requires: not transient.
  void* one(Node& node);
  Instance shared(Node& node);

  // A new object of a node of this scope.
  Instance build(Node& node);

  // Held while something is being built, in this scope or any of its family.
  std::unique_lock<std::recursive_mutex> lock() { return std::unique_lock(*building_); }

  // Destroys what was built, the last first, and reports what someone still holds.
  void close() noexcept;

 private:
  std::shared_ptr<Scope> parent_;
  std::shared_ptr<std::recursive_mutex> building_;  // the family's
  Registry registry_;
  Resolver resolver_;
  Report report_;
  std::vector<Node*> built_;  // guarded by building_
  std::atomic<int> children_ = 0;
  bool sealed_ = false;
  bool closed_ = false;
};

}  // namespace roux::di::detail
