#include "scope.h"

#include <utility>

#include "build_frame.h"
#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/di/detail/arguments.h"
#include "roux/di/wiring_error.h"
#include "wiring_check.h"

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

  while (!built_.empty()) {
    Node& node = *built_.back();
    built_.pop_back();

    node.ready = nullptr;
    const Instance last = std::move(node.owner);
    const auto others = last.use_count() - 1;
    if (node.provider->owned && others > 0) {
      report_(cat(
          node, " (", node.where, ") outlives its container: ", others,
          others == 1 ? " std::shared_ptr still holds it." : " std::shared_ptr still hold it."));
    }
  }
  registry_.forget_builders();
  if (parent_) --parent_->children_;
}

}  // namespace roux::di::detail
