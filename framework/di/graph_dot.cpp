#include <string_view>

#include "roux/base/error.h"
#include "roux/di/graph.h"

namespace roux::di {
namespace {

// As a quoted string of the dot language, in which a name's own quotes are escaped.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string node_attributes(const GraphNode& node) {
  std::string label = node.name;
  if (!node.component.empty()) {
    label += cat(" = \"", node.component, "\"\n", node.config, "\nsection ", node.section);
  }
  if (node.decorator) label += "\ndecorator";
  if (node.transient) label += "\ntransient";
  if (node.of_parent) label += "\nof the parent";
  if (node.opaque) label += "\nopaque: takes a Resolver";

  std::string attributes = cat("label=", quoted(label));
  if (node.where.line > 0) attributes += cat(", tooltip=", quoted(cat(node.where)));
  if (node.missing) attributes += ", style=dashed, color=red";
  if (node.opaque) attributes += ", peripheries=2";
  return attributes;
}

std::string_view edge_attributes(Form form) {
  switch (form) {
    case Form::Optional:
      return " [label=\"optional\", style=dashed]";
    case Form::Lazy:
      return " [label=\"lazy\", style=dashed]";
    case Form::Factory:
      return " [label=\"factory\", style=dashed]";
    case Form::All:
      return " [label=\"all\"]";
    case Form::Inner:
      return " [label=\"decorates\", arrowhead=empty]";
    case Form::Reference:
    case Form::Shared:
    case Form::Resolver:
      return "";
  }
  return "";
}

}  // namespace

std::string to_dot(const Graph& graph) {
  std::string dot =
      "digraph wiring {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    dot += cat("  n", i, " [", node_attributes(graph.nodes[i]), "];\n");
  }
  for (const GraphEdge& edge : graph.edges) {
    dot += cat("  n", edge.from, " -> n", edge.to, edge_attributes(edge.form), ";\n");
  }
  return dot + "}\n";
}

}  // namespace roux::di
