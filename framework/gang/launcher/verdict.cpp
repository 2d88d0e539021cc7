#include "gang/launcher/verdict.h"

namespace roux::launcher {

Verdict decide(const std::vector<NodeEnd>& nodes, bool stop_was_asked, int attempt,
               int max_restarts) {
  std::vector<Failure> failures;
  for (const NodeEnd& node : nodes) {
    if (!node.failure) continue;
    failures.push_back(*node.failure);
    failures.back().time = node.order;  // the clocks of machines differ
  }
  Verdict verdict{.failure = first_of(failures)};
  if (!verdict.failure) return verdict;

  constexpr int kWrongInput = 2;
  verdict.exit_code = verdict.failure->exit_code;
  bool can_go_on = attempt < max_restarts && !stop_was_asked;
  for (const Failure& failure : failures) {
    const bool is_lost = failure.rank < 0;
    can_go_on = can_go_on && !is_lost && !failure.stopped;
  }
  verdict.restart = can_go_on && verdict.exit_code != kWrongInput;
  return verdict;
}

}  // namespace roux::launcher
