#include "di/wiring_graph.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "di/registry.h"
#include "roux/base/error.h"

namespace roux::di::detail {
namespace {

bool takes_resolver(const Node& node) {
  const auto& all = node.provider->dependencies;
  return std::any_of(all.begin(), all.end(),
                     [](const Dependency& each) { return each.form == Form::Resolver; });
}

GraphNode describe(const Node& node) {
  GraphNode result;
  result.name = name_of(node);
  if (node.choice) {
    result.component = node.choice->component.name;
    result.config = node.choice->component.config.name();
    result.section = node.choice->section;
  }
  result.where = node.where;
  result.decorator = node.inner != nullptr;
  result.transient = node.transient();
  result.opaque = takes_resolver(node);
  return result;
}

class GraphMaker {
 public:
  explicit GraphMaker(const Registry& registry) : registry_(registry) {}

  Graph make() && {
    const std::vector<Node*> nodes = registry_.nodes();
    for (const Node* node : nodes) place_of(*node);
    for (const Node* node : nodes) add_edges(*node);
    return std::move(graph_);
  }

 private:
  void add_edges(const Node& node) {
    const std::size_t from = place_of(node);
    for (const Dependency& each : node.provider->dependencies) {
      const std::vector<Node*> targets = registry_.targets(node, each);
      for (const Node* target : targets) {
        graph_.edges.push_back({from, place_among_known(*target), each.form});
      }
      const bool can_be_missing = each.form != Form::All && each.form != Form::Resolver;
      if (targets.empty() && can_be_missing) {
        graph_.edges.push_back({from, place_of_missing(each.key), each.form});
      }
    }
  }

  // Called for the registry's own first: what comes later is the parent's.
  std::size_t place_among_known(const Node& node) {
    const bool known = places_.count(&node) != 0;
    const std::size_t place = place_of(node);
    if (!known) graph_.nodes[place].of_parent = true;
    return place;
  }

  std::size_t place_of(const Node& node) {
    const auto [at, added] = places_.emplace(&node, graph_.nodes.size());
    if (added) graph_.nodes.push_back(describe(node));
    return at->second;
  }

  std::size_t place_of_missing(const Key& key) {
    const auto [at, added] = missing_.emplace(key, graph_.nodes.size());
    if (added) {
      graph_.nodes.emplace_back();
      graph_.nodes.back().name = cat(key);
      graph_.nodes.back().missing = true;
    }
    return at->second;
  }

  const Registry& registry_;
  Graph graph_;
  std::unordered_map<const Node*, std::size_t> places_;
  std::unordered_map<Key, std::size_t, KeyHash> missing_;
};

}  // namespace

Graph make_graph(const Registry& registry) {
  return GraphMaker(registry).make();
}

}  // namespace roux::di::detail
