#pragma once

#include <optional>
#include <vector>

#include "gang/launcher/failure.h"

namespace roux::launcher {

// How the ranks of one node ended.
struct NodeEnd {
  std::optional<Failure> failure;  // what went wrong first; nullopt: nothing
  int order = 0;                   // which node's first failure came first, by the store's clock
};

// What becomes of a run once all ranks of all nodes have ended.
struct Verdict {
  std::optional<Failure> failure;  // what to show
  bool restart = false;
  int exit_code = 0;
};

// A run that failed is started again, up to `max_restarts` times: but not where a stop was asked
// for, nor with exit code 2, which means that the user must change something, nor without a node.
Verdict decide(const std::vector<NodeEnd>& nodes, bool stop_was_asked, int attempt,
               int max_restarts);

}  // namespace roux::launcher
