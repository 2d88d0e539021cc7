#include "di/wiring_check.h"

#include <algorithm>
#include <unordered_map>

#include "di/advice.h"
#include "di/registry.h"
#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux::di::detail {
namespace {

// ---- What is missing ----

bool must_be_there(Form form) {
  return form == Form::Reference || form == Form::Shared || form == Form::Lazy ||
         form == Form::Factory;
}

// `Trainer asks for it as Lazy<Optimizer> (recipe.cpp:21)`. A plain reference needs no mention.
std::string request(const Node& asker, const Dependency& dependency) {
  const std::string form =
      dependency.form == Form::Reference ? "" : cat(" as ", as_written(dependency));
  return cat(asker, " asks for it", form, " (", asker.where, ")");
}

struct Missing {
  Key key;
  std::vector<std::string> requests;
};

void find_missing(const Registry& registry, std::vector<std::string>& problems) {
  std::vector<Missing> all;
  for (const Node* node : registry.nodes()) {
    for (const Dependency& each : node->provider->dependencies) {
      if (!must_be_there(each.form) || registry.find(each.key) != nullptr) continue;
      auto found = std::find_if(all.begin(), all.end(),
                                [&](const Missing& missing) { return missing.key == each.key; });
      if (found == all.end()) found = all.insert(all.end(), {each.key, {}});
      found->requests.push_back(request(*node, each));
    }
  }
  for (const Missing& missing : all) {
    problems.push_back(cat(missing.key, " is missing: ", join(missing.requests, ", "), ".",
                           advice_on_missing(registry, missing.key)));
  }
}

// ---- What is there, but not as it is asked for ----

void find_unfit(const Registry& registry, std::vector<std::string>& problems) {
  for (const Node* node : registry.nodes()) {
    for (const Dependency& each : node->provider->dependencies) {
      for (const Node* target : registry.targets(*node, each)) {
        if (target->provider->is_const && !each.wants_const) {
          problems.push_back(cat(*target, " is provided as const (", target->where, "), but ",
                                 *node, " asks for ", as_written(each), " and could change it (",
                                 node->where, "). Ask for const ", each.key.type, "."));
        }
        if (each.form == Form::Factory && !target->transient()) {
          problems.push_back(cat(*target, " is one for all (", target->where, "), but ", *node,
                                 " asks for ", as_written(each), " (", node->where,
                                 "). Register it .transient(), or ask for it by reference."));
        }
      }
    }
  }
}

// ---- Cycles ----

// Depth first through everything that is built before its asker. A node that is met while it is
// still open closes a cycle.
class CycleFinder {
 public:
  CycleFinder(const Registry& registry, std::vector<std::string>& problems)
      : registry_(registry), problems_(problems) {}

  void visit(const Node& node) {
    open_[&node] = true;
    path_.push_back(&node);
    for (const Dependency& each : node.provider->dependencies) {
      if (each.form == Form::Lazy || each.form == Form::Factory) continue;
      for (const Node* target : registry_.targets(node, each)) {
        const auto seen = open_.find(target);
        if (seen == open_.end()) {
          visit(*target);
        } else if (seen->second) {
          report(*target, each);
        }
      }
    }
    path_.pop_back();
    open_[&node] = false;
  }

  bool visited(const Node& node) const { return open_.count(&node) != 0; }

 private:
  void report(const Node& first, const Dependency& closing) {
    std::vector<std::string> names;
    std::vector<std::string> places;
    for (auto at = std::find(path_.begin(), path_.end(), &first); at != path_.end(); ++at) {
      names.push_back(cat(**at));
      places.push_back(cat((*at)->where));
    }
    names.push_back(cat(first));

    std::string problem = cat(join(names, " -> "), " is a cycle (", join(places, ", "), ").");
    if (closing.form != Form::All && closing.form != Form::Inner) {
      problem += cat(" ", *path_.back(), " could ask for Lazy<", as_type(closing.key), ">.");
    }
    // Asked for twice by one provider, it is still one cycle.
    if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end()) {
      problems_.push_back(std::move(problem));
    }
  }

  const Registry& registry_;
  std::vector<std::string>& problems_;
  std::vector<const Node*> path_;
  std::unordered_map<const Node*, bool> open_;
};

void find_cycles(const Registry& registry, std::vector<std::string>& problems) {
  CycleFinder finder(registry, problems);
  for (const Node* node : registry.nodes()) {
    if (!finder.visited(*node)) finder.visit(*node);
  }
}

}  // namespace

std::vector<std::string> find_problems(const Registry& registry) {
  std::vector<std::string> problems;
  find_missing(registry, problems);
  find_unfit(registry, problems);
  find_cycles(registry, problems);
  return problems;
}

}  // namespace roux::di::detail
