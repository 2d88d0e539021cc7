#pragma once

#include "roux/di/graph.h"

namespace roux::di::detail {

class Registry;

Graph make_graph(const Registry& registry);

}  // namespace roux::di::detail
