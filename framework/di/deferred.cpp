#include "roux/di/detail/deferred.h"

#include <atomic>

#include "di/scope.h"

namespace roux::di::detail {

struct Deferred::State {
  explicit State(Node& n) : scope(n.scope.shared_from_this()), node(n) {}

  std::shared_ptr<Scope>
      scope;  // so that a use after the container's end is found, and not undefined
  Node& node;

  // Of a transient: the one made for this Deferred. Storing `ready` publishes `owner`.
  std::atomic<void*> ready = nullptr;
  Instance owner;
};

Deferred::Deferred(Node& node) : state_(std::make_shared<State>(node)) {}

void* Deferred::one() const {
  State& state = *state_;
  if (!state.node.transient()) return state.scope->one(state.node);
  if (void* ready = state.ready.load(std::memory_order_acquire)) return ready;

  const auto building = state.scope->lock();
  if (void* ready = state.ready.load(std::memory_order_relaxed)) return ready;

  state.owner = state.scope->build(state.node);
  state.ready.store(state.owner.get(), std::memory_order_release);
  return state.owner.get();
}

std::shared_ptr<void> Deferred::make() const {
  return state_->scope->build(state_->node);
}

}  // namespace roux::di::detail
