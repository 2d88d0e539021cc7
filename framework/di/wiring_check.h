#pragma once

#include <string>
#include <vector>

namespace roux::di::detail {

class Registry;

// Everything that is wrong in the graph, each as a sentence or a few: what is missing, asked for in
// a way that it can't be given, or part of a cycle; in that order. Runs no provider.
std::vector<std::string> find_problems(const Registry& registry);

}  // namespace roux::di::detail
