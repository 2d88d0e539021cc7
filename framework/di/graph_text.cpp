#include <algorithm>
#include <string_view>

#include "roux/base/error.h"
#include "roux/base/strings.h"
#include "roux/di/graph.h"

namespace roux::di {
namespace {

constexpr std::size_t kWidth = 100;

std::string_view note_on(Form form) {
  switch (form) {
    case Form::Reference:
    case Form::Shared:
    case Form::Resolver:
      return "";
    case Form::Optional:
      return "optional";
    case Form::Lazy:
      return "lazy";
    case Form::Factory:
      return "factory";
    case Form::All:
      return "all";
    case Form::Inner:
      return "decorated";
  }
  return "";
}

class TextWriter {
 public:
  explicit TextWriter(const Graph& graph)
      : graph_(graph), edges_of_(graph.nodes.size()), written_(graph.nodes.size()) {
    for (const GraphEdge& edge : graph.edges) edges_of_[edge.from].push_back(&edge);
  }

  std::string write() && {
    std::vector<bool> asked_for(graph_.nodes.size());
    for (const GraphEdge& edge : graph_.edges) asked_for[edge.to] = true;

    std::vector<std::string> alone;
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      if (asked_for[node]) continue;
      if (is_plain(node)) {
        alone.push_back(graph_.nodes[node].name);
        written_[node] = true;
      } else {
        write_node(node, "", 0);
      }
    }
    // What only asks for each other, through a Lazy or in a cycle, has no root.
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      if (!written_[node]) write_node(node, "", 0);
    }
    if (!alone.empty()) write_alone(alone);
    return std::move(text_);
  }

 private:
  // Nothing is to be said of it but that it is there: a section of the config that only the
  // recipe's own code asks for, say.
  bool is_plain(std::size_t index) const {
    const GraphNode& node = graph_.nodes[index];
    return edges_of_[index].empty() && node.component.empty() && !node.transient && !node.opaque;
  }

  void write_alone(const std::vector<std::string>& names) {
    for (const std::string& line : wrap(cat("on their own: ", join(names, ", ")), kWidth)) {
      text_ += line + '\n';
    }
  }

  void write_node(std::size_t index, std::string_view form, std::size_t depth) {
    const GraphNode& node = graph_.nodes[index];
    const bool hides_some = written_[index] && !edges_of_[index].empty();

    text_ += cat(std::string(2 * depth, ' '), node.name);
    if (!node.component.empty()) text_ += cat(" = \"", node.component, '"');

    std::vector<std::string> notes;
    if (!node.component.empty()) {
      notes.push_back(node.config);
      notes.push_back(cat("section ", node.section));
    }
    if (!form.empty()) notes.emplace_back(form);
    if (node.decorator) notes.emplace_back("decorator");
    if (node.transient) notes.emplace_back("transient");
    if (node.of_parent) notes.emplace_back("of the parent");
    if (node.opaque) notes.emplace_back("opaque: takes a Resolver");
    if (node.missing) notes.emplace_back(form == note_on(Form::Optional) ? "absent" : "missing");
    if (hides_some) notes.emplace_back("shown above");
    if (!notes.empty()) text_ += cat(" (", join(notes, ", "), ')');
    text_ += '\n';

    if (written_[index]) return;
    written_[index] = true;
    for (const GraphEdge* edge : edges_of_[index]) {
      write_node(edge->to, note_on(edge->form), depth + 1);
    }
  }

  const Graph& graph_;
  std::vector<std::vector<const GraphEdge*>> edges_of_;
  std::vector<bool> written_;
  std::string text_;
};

}  // namespace

std::string to_text(const Graph& graph) {
  return TextWriter(graph).write();
}

}  // namespace roux::di
