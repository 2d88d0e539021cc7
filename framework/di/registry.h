#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "di/node.h"
#include "roux/di/section.h"

namespace roux::di::detail {

// What stands behind one key.
struct Binding {
  Where where;                      // who was first to say that it exists
  std::string section;              // … if that was a section of the config
  bool replaced = false;            // whatever the section chooses
  Node* base = nullptr;             // null until the section has chosen
  std::vector<Node*> decorators{};  // innermost first

  void set_base(Node& node);
  Node* outermost() const;
};

// One of several that a section may choose from.
struct Component {
  ComponentInfo info;
  std::shared_ptr<Provider> provider;
};

// What has been registered in one container, and what its parent has. Knows no lifetimes and builds
// nothing. Registering what can't be right throws WiringError.
//
// Thread safety: as a standard container's.
class Registry {
 public:
  Registry(Scope& scope, const Registry* parent) : scope_(scope), parent_(parent) {}

  Provider& add(const Key& key, Provider provider, Where where);
  Provider& add_replacement(const Key& key, Provider provider, Where where);
  void add_decorator(const Key& key, Provider provider, Where where);
  void add_member(const Key& key, Provider provider, Where where);
  Provider& add_component(ComponentInfo info, Provider provider);
  void add_section(SectionInfo info);
  void choose(std::string_view section, std::string_view component,
              std::shared_ptr<const void> config);

  // What a T is made by, its decorators included; own first, then the parent's. Null if nothing.
  Node* find(const Key& key) const;

  // The members of an All; the parent's first.
  std::vector<Node*> members(const Key& key) const;

  // What `dependency` of `asker` leads to: none, one, or the members of an All.
  std::vector<Node*> targets(const Node& asker, const Dependency& dependency) const;

  // Its own, in the order of registration. Not: what was replaced, and components not chosen.
  std::vector<Node*> nodes() const;

  // Everything that find() finds.
  std::vector<Key> keys() const;

  // The parent's first.
  std::vector<SectionInfo> sections() const;
  std::vector<ComponentInfo> components() const;

  // Drops the users' functions and the given instances, once nothing will be built any more.
  void forget_builders();

 private:
  const Binding* binding_of(const Key& key) const;
  void refuse_second(const Key& key, Where where) const;
  Binding& own_binding(const Key& key, std::string_view to_do, Where where);
  const Component* find_component(const TypeId& kind, std::string_view name) const;
  Node& new_node(const Key& key, std::shared_ptr<Provider> provider, Where where);

  Scope& scope_;
  const Registry* parent_;
  std::unordered_map<Key, Binding, KeyHash> bindings_;
  std::unordered_map<Key, std::vector<Node*>, KeyHash> collections_;
  std::deque<Node> nodes_;  // owns them; some are no longer in use
  std::deque<Component> components_;
  std::vector<SectionInfo> sections_;
};

}  // namespace roux::di::detail
