#include "di/scope.h"

#include <utility>

#include "di/build_frame.h"
#include "di/wiring_check.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/di/detail/arguments.h"
#include "roux/di/wiring_error.h"

namespace roux::di::detail {

Scope::Scope(std::shared_ptr<Scope> parent)
    : parent_(std::move(parent)),
      building_(parent_ ? parent_->building_ : std::make_shared<std::recursive_mutex>()),
      registry_(*this, parent_ ? &parent_->registry_ : nullptr),
      resolver_(*this),
      report_(parent_ ? parent_->report_
                      : Report([](const std::string& problem) { log_warning(problem); })) {
  if (parent_) ++parent_->children_;
}

Scope::~Scope() {
  close();
}

void Scope::seal() {
  require(!sealed_, "Container::seal: only once");
  std::vector<std::string> problems = find_problems(registry_);
  if (!problems.empty()) throw WiringError(std::move(problems));
  sealed_ = true;
}

void* Scope::one(Node& node) {
  if (void* ready = node.ready.load(std::memory_order_acquire)) return ready;

  const auto building = lock();
  if (void* ready = node.ready.load(std::memory_order_relaxed)) return ready;

  node.owner = build(node);
  built_.push_back(&node);
  node.ready.store(node.owner.get(), std::memory_order_release);
  return node.owner.get();
}

Instance Scope::shared(Node& node) {
  one(node);
  return node.owner;
}

Instance Scope::build(Node& node) {
  const auto building = lock();
  if (closed_) {
    throw InternalError(
        cat(node, " is asked for after its container was closed (", node.where, ")."));
  }

  const BuildFrame frame(node);
  try {
    Arguments arguments(node);
    Instance object = node.provider->builder->build(arguments);
    if (object == nullptr) {
      throw InternalError(cat("The provider of ", node, " returned nullptr."));
    }
    return std::move(arguments).bundle(std::move(object));
  } catch (...) {
    frame.rethrow_with_chain();
  }
}

void Scope::close() noexcept {
  if (std::exchange(closed_, true)) return;
  if (children_ > 0) report_("A container is destroyed before its child container.");

  std::vector<std::pair<const Node*, std::weak_ptr<void>>> gone;
  while (!built_.empty()) {
    Node& node = *built_.back();
    built_.pop_back();
    node.ready = nullptr;
    const Instance last = std::move(node.owner);
    if (node.provider->owned) gone.emplace_back(&node, last);
  }
  registry_.forget_builders();

  // Only now: what is held by others of the container's own is no concern of anyone's.
  for (const auto& [node, object] : gone) {
    const auto holders = object.use_count();
    if (holders == 0) continue;
    report_(cat(*node, " (", node->where, ") outlives its container: ", holders,
                " std::shared_ptr ", holders == 1 ? "still holds it." : "still hold it."));
  }
  if (parent_) --parent_->children_;
}

}  // namespace roux::di::detail
