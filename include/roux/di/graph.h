#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "roux/di/dependency.h"
#include "roux/di/where.h"

namespace roux::di {

// One thing that a container holds, or that something in it asks for in vain.
struct GraphNode {
  std::string name;       // `Clock`, `Model "reference_model"`, `Modifier[0]` in a collection
  std::string component;  // what the config chose for it, such as "adamw"; else empty
  std::string config;     // … and the class of that component's config
  std::string section;    // … and the section that chose it
  Where where;

  bool missing = false;    // nothing provides it
  bool decorator = false;  // its Inner edge leads to what it wraps
  bool transient = false;  // a new one for each who asks
  bool opaque = false;     // takes a Resolver&: what it asks for is not in the graph
  bool of_parent = false;  // held by a parent container
};

// `from` asks for `to`. An All gives one edge per member.
struct GraphEdge {
  std::size_t from;  // places in Graph::nodes
  std::size_t to;
  Form form;
};

// What would be built, and for whom: of a sealed container what is, of an unsealed one what is
// known so far. In the order of registration; the edges of a node in the order of its parameters.
struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
};

// For people: what nobody asks for first, and each dependency indented under what asks for it.
// What has been unfolded above is not unfolded again; what nobody asks for and asks for nothing is
// named at the end.
std::string to_text(const Graph& graph);

// For Graphviz: `RECIPE --explain=dot | dot -Tsvg`.
std::string to_dot(const Graph& graph);

}  // namespace roux::di
