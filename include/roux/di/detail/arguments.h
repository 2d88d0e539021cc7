#pragma once

#include <vector>

#include "roux/di/detail/deferred.h"
#include "roux/di/detail/provider.h"

namespace roux::di {

class Resolver;

namespace detail {

struct Node;

// Where a provider's parameters come from while it is being called. seal() has checked that they
// are there. Lives for one call, on one thread.
class Arguments {
 public:
  explicit Arguments(Node& node);

  void* reference(const Key& key);
  Instance shared(const Key& key);
  void* optional(const Key& key);
  Deferred deferred(const Key& key);
  std::vector<void*> all(const Key& key);
  Resolver& resolver();

  const void* config() const;  // a component's own
  void* inner();               // a decorator's
  Instance shared_inner();

  // `object`, with the transients that were built for it by reference attached: they die after it.
  Instance bundle(Instance object) &&;

 private:
  Node* find(const Key& key) const;
  void* reference(Node& node);

  Node& node_;
  std::vector<Instance> parts_;
};

}  // namespace detail
}  // namespace roux::di
