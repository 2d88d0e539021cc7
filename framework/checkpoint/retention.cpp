#include "checkpoint/retention.h"

#include <algorithm>
#include <set>
#include <utility>

namespace roux::checkpoint {

std::vector<std::int64_t> by_score(std::span<const Kept> all) {
  std::vector<std::pair<double, std::int64_t>> scored;
  for (const Kept& each : all) {
    if (each.score) scored.emplace_back(*each.score, each.step);
  }
  std::ranges::sort(scored, std::greater<>());
  std::vector<std::int64_t> steps;
  for (const auto& [score, step] : scored) steps.push_back(step);
  return steps;
}

Surplus find_surplus(const CheckpointRetention& retention, std::span<const Kept> all,
                     std::int64_t saved) {
  std::set<std::int64_t> whole{saved};
  const auto can_go_on = [](const Kept& each) { return !each.is_model_only; };
  const auto newest = std::find_if(all.rbegin(), all.rend(), can_go_on);
  if (newest != all.rend()) whole.insert(newest->step);

  std::set<std::int64_t> kept = whole;
  const auto keep = [&](const Kept& each) { kept.insert(each.step); };
  if (!retention.keep_last_n && !retention.keep_best_n && !retention.keep_every_n_steps) {
    std::ranges::for_each(all, keep);
  }
  if (retention.keep_last_n) {
    const auto count = std::min<std::ptrdiff_t>(*retention.keep_last_n, std::ssize(all));
    std::ranges::for_each(all.last(static_cast<std::size_t>(count)), keep);
  }
  if (retention.keep_best_n) {
    const auto best = by_score(all);
    if (best.empty()) std::ranges::for_each(all, keep);  // nothing says which are worse
    const auto count = std::min<std::ptrdiff_t>(*retention.keep_best_n, std::ssize(best));
    kept.insert(best.begin(), best.begin() + count);
  }
  if (retention.keep_every_n_steps) {
    for (const Kept& each : all) {
      if (each.step % *retention.keep_every_n_steps == 0) keep(each);
    }
  }

  Surplus surplus;
  for (const Kept& each : all) {
    if (!kept.contains(each.step)) {
      surplus.steps.push_back(each.step);
    } else if (retention.model_only_but_last && !each.is_model_only && !whole.contains(each.step)) {
      surplus.model_only.push_back(each.step);
    }
  }
  return surplus;
}

}  // namespace roux::checkpoint
