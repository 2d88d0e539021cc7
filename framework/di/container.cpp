#include "roux/di/container.h"

#include <algorithm>

#include "di/scope.h"
#include "di/wiring_graph.h"
#include "roux/base/error.h"
#include "roux/di/graph.h"

namespace roux::di {
namespace {

// The registry, for something to be added to it.
detail::Registry& open(detail::Scope& scope) {
  if (scope.sealed()) {
    throw InternalError("A sealed container takes nothing new: register before seal().");
  }
  return scope.registry();
}

}  // namespace

Container::Container() : Container(std::make_shared<detail::Scope>(nullptr)) {}

Container::Container(std::shared_ptr<detail::Scope> scope)
    : Resolver(*scope), scope_(std::move(scope)) {}

Container::Container(Container&& other) noexcept = default;

Container::~Container() {
  if (scope_ != nullptr) scope_->close();
}

Registration Container::add(const Key& key, detail::Provider provider, Where where) {
  return {open(*scope_).add(key, std::move(provider), where), key, where};
}

void Container::add_instance(const Key& key, detail::Instance object, bool is_const, Where where) {
  open(*scope_).add(key, detail::give(std::move(object), is_const), where);
}

void Container::instance(const Key& key, std::shared_ptr<const void> object, Where where) {
  add_instance(key, std::const_pointer_cast<void>(std::move(object)), true, where);
}

void Container::add_member(const Key& key, detail::Provider provider, Where where) {
  open(*scope_).add_member(key, std::move(provider), where);
}

Registration Container::add_replacement(const Key& key, detail::Provider provider, Where where) {
  return {open(*scope_).add_replacement(key, std::move(provider), where), key, where};
}

void Container::add_decorator(const Key& key, detail::Provider provider, Where where) {
  open(*scope_).add_decorator(key, std::move(provider), where);
}

Registration Container::add_component(ComponentInfo info, detail::Provider provider) {
  const Key key{info.kind, ""};
  const Where where = info.where;
  return {open(*scope_).add_component(std::move(info), std::move(provider)), key, where};
}

void Container::add_section(SectionInfo info) {
  open(*scope_).add_section(std::move(info));
}

std::vector<SectionInfo> Container::sections() const {
  return scope_->registry().sections();
}

std::vector<ComponentInfo> Container::components() const {
  return scope_->registry().components();
}

std::vector<ComponentInfo> Container::components(const TypeId& kind) const {
  std::vector<ComponentInfo> found = components();
  std::erase_if(found, [&](const ComponentInfo& each) { return !(each.kind == kind); });
  return found;
}

void Container::choose(std::string_view section, std::string_view component,
                       std::shared_ptr<const void> config) {
  open(*scope_).choose(section, component, std::move(config));
}

void Container::seal() {
  scope_->seal();
}

bool Container::sealed() const {
  return scope_->sealed();
}

Container Container::child() {
  require(sealed(), "Container::child: the parent must be sealed first");
  return Container(std::make_shared<detail::Scope>(scope_));
}

Graph Container::graph() const {
  return detail::make_graph(scope_->registry());
}

void Container::report_to(std::function<void(const std::string& problem)> report) {
  scope_->report_to(std::move(report));
}

}  // namespace roux::di
