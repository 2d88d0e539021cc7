#include "di/registry.h"

#include <algorithm>
#include <utility>

#include "di/advice.h"
#include "roux/base/error.h"
#include "roux/di/wiring_error.h"

namespace roux::di::detail {
namespace {

std::string place_of(const Binding& binding) {
  if (binding.section.empty()) return cat(binding.where);
  return cat(binding.where, " (section \"", binding.section, "\")");
}

}  // namespace

void Binding::set_base(Node& node) {
  base = &node;
  if (!decorators.empty()) decorators.front()->inner = base;
}

Node* Binding::outermost() const {
  if (base == nullptr || decorators.empty()) return base;
  return decorators.back();
}

Provider& Registry::add(const Key& key, Provider provider, Where where) {
  refuse_second(key, where);
  Node& node = new_node(key, std::make_shared<Provider>(std::move(provider)), where);
  bindings_[key] = {.where = where, .section = "", .base = &node};
  return *node.provider;
}

Provider& Registry::add_replacement(const Key& key, Provider provider, Where where) {
  Binding& binding = own_binding(key, "replace", where);
  if (binding.base != nullptr && provider.owned) provider.transient = binding.base->transient();

  Node& node = new_node(key, std::make_shared<Provider>(std::move(provider)), where);
  binding.set_base(node);
  binding.replaced = true;
  return *node.provider;
}

void Registry::add_decorator(const Key& key, Provider provider, Where where) {
  Binding& binding = own_binding(key, "decorate", where);
  Node& node = new_node(key, std::make_shared<Provider>(std::move(provider)), where);
  node.inner = binding.decorators.empty() ? binding.base : binding.decorators.back();
  binding.decorators.push_back(&node);
}

void Registry::add_member(const Key& key, Provider provider, Where where) {
  Node& node = new_node(key, std::make_shared<Provider>(std::move(provider)), where);
  std::vector<Node*>& members = collections_[key];
  node.index = members.size();
  members.push_back(&node);
}

Provider& Registry::add_component(ComponentInfo info, Provider provider) {
  if (const Component* first = find_component(info.kind, info.name)) {
    throw WiringError(
        {cat("The ", info.kind, " component \"", info.name, "\" is registered twice: at ",
             first->info.where, " and at ", info.where, ".")});
  }
  components_.push_back({std::move(info), std::make_shared<Provider>(std::move(provider))});
  return *components_.back().provider;
}

void Registry::add_section(SectionInfo info) {
  for (const SectionInfo& other : sections()) {
    if (other.path == info.path) {
      throw WiringError({cat("The section \"", info.path, "\" is declared twice: at ", other.where,
                             " and at ", info.where, ".")});
    }
  }
  if (!info.many) {
    refuse_second(info.key, info.where);
    bindings_[info.key] = {.where = info.where, .section = info.path};
  }
  sections_.push_back(std::move(info));
}

void Registry::choose(std::string_view section, std::string_view component,
                      std::shared_ptr<const void> config) {
  const auto info = std::find_if(sections_.begin(), sections_.end(),
                                 [&](const SectionInfo& each) { return each.path == section; });
  if (info == sections_.end()) throw InternalError(unknown_section(sections_, section));

  const Component* chosen = find_component(info->key.type, component);
  if (chosen == nullptr) throw ConfigError(unknown_component(*this, *info, component));
  require(config != nullptr, "Container::choose: a component needs its config");

  const auto choose_in = [&](Node& node) {
    node.choice = Choice{info->path, chosen->info, std::move(config)};
  };

  if (info->many) {
    std::vector<Node*>& members = collections_[info->key];
    Node& node = new_node(info->key, chosen->provider, chosen->info.where);
    node.index = members.size();
    members.push_back(&node);
    choose_in(node);
    return;
  }

  Binding& binding = bindings_.at(info->key);
  if (binding.replaced) return;
  if (binding.base != nullptr) {
    throw InternalError(cat("The section \"", section, "\" has chosen \"",
                            binding.base->choice->component.name, "\" already, and now \"",
                            component, "\"."));
  }
  Node& node = new_node(info->key, chosen->provider, chosen->info.where);
  choose_in(node);
  binding.set_base(node);
}

Node* Registry::find(const Key& key) const {
  const auto found = bindings_.find(key);
  if (found != bindings_.end()) {
    if (Node* node = found->second.outermost()) return node;
  }
  return parent_ != nullptr ? parent_->find(key) : nullptr;
}

std::vector<Node*> Registry::members(const Key& key) const {
  std::vector<Node*> all = parent_ != nullptr ? parent_->members(key) : std::vector<Node*>();
  const auto own = collections_.find(key);
  if (own != collections_.end()) all.insert(all.end(), own->second.begin(), own->second.end());
  return all;
}

std::vector<Node*> Registry::targets(const Node& asker, const Dependency& dependency) const {
  switch (dependency.form) {
    case Form::Resolver:
      return {};
    case Form::Inner:
      return {asker.inner};
    case Form::All:
      return members(dependency.key);
    default:
      Node* node = find(dependency.key);
      return node != nullptr ? std::vector<Node*>{node} : std::vector<Node*>();
  }
}

std::vector<Node*> Registry::nodes() const {
  std::vector<Node*> all;
  for (const auto& [key, binding] : bindings_) {
    if (binding.base == nullptr) continue;
    if (&binding.base->scope == &scope_) all.push_back(binding.base);
    all.insert(all.end(), binding.decorators.begin(), binding.decorators.end());
  }
  for (const auto& [key, members] : collections_) {
    all.insert(all.end(), members.begin(), members.end());
  }
  std::sort(all.begin(), all.end(),
            [](const Node* a, const Node* b) { return a->order < b->order; });
  return all;
}

std::vector<Key> Registry::keys() const {
  std::vector<Key> all = parent_ != nullptr ? parent_->keys() : std::vector<Key>();
  for (const auto& [key, binding] : bindings_) {
    if (binding.outermost() != nullptr) all.push_back(key);
  }
  return all;
}

std::vector<SectionInfo> Registry::sections() const {
  std::vector<SectionInfo> all =
      parent_ != nullptr ? parent_->sections() : std::vector<SectionInfo>();
  all.insert(all.end(), sections_.begin(), sections_.end());
  return all;
}

std::vector<ComponentInfo> Registry::components() const {
  std::vector<ComponentInfo> all =
      parent_ != nullptr ? parent_->components() : std::vector<ComponentInfo>();
  for (const Component& component : components_) all.push_back(component.info);
  return all;
}

void Registry::forget_builders() {
  for (Node& node : nodes_) node.provider->builder.reset();
  for (Component& component : components_) component.provider->builder.reset();
}

const Binding* Registry::binding_of(const Key& key) const {
  const auto found = bindings_.find(key);
  if (found != bindings_.end()) return &found->second;
  return parent_ != nullptr ? parent_->binding_of(key) : nullptr;
}

void Registry::refuse_second(const Key& key, Where where) const {
  const Binding* first = binding_of(key);
  if (first == nullptr) return;
  const std::string type = as_type(key);
  throw WiringError(
      {cat(key, " is provided twice: at ", place_of(*first), " and at ", where,
           ". To change what there is, say replace<", type, "> or decorate<", type, ">.")});
}

// The binding to replace or decorate. What a parent has becomes the base of a binding of our own.
Binding& Registry::own_binding(const Key& key, std::string_view to_do, Where where) {
  const auto own = bindings_.find(key);
  if (own != bindings_.end()) return own->second;

  Node* inherited = parent_ != nullptr ? parent_->find(key) : nullptr;
  if (inherited == nullptr) {
    throw WiringError({cat("There is no ", key, " to ", to_do, " (", where, ").",
                           advice_on_missing(*this, key))});
  }
  return bindings_[key] = {.where = where, .section = "", .base = inherited};
}

const Component* Registry::find_component(const TypeId& kind, std::string_view name) const {
  for (const Component& each : components_) {
    if (each.info.kind == kind && each.info.name == name) return &each;
  }
  return parent_ != nullptr ? parent_->find_component(kind, name) : nullptr;
}

Node& Registry::new_node(const Key& key, std::shared_ptr<Provider> provider, Where where) {
  return nodes_.emplace_back(key, where, std::move(provider), scope_, nodes_.size());
}

}  // namespace roux::di::detail
