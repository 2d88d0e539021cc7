#include "trainer/metrics_of_ranks.h"

#include <cstddef>
#include <vector>

#include "roux/base/error.h"

namespace roux {

MetricBag merge(const MetricBag& mine, Gang& ranks) {
  if (ranks.size() == 1) return mine;
  MetricBag merged;
  for (const std::string& text : ranks.all_gather_texts(mine.save(), "the metrics")) {
    MetricBag one;
    one.load(text);
    merged.merge(one);
  }
  return merged;
}

std::string metrics_text(int rank) {
  return rank == 0 ? "trainer/metrics.txt" : cat("trainer/metrics-rank_", rank, ".txt");
}

MetricBag restore_metrics(const std::map<std::string, std::string>& texts, const Gang& ranks) {
  std::vector<MetricBag> saved;
  for (int rank = 0;; ++rank) {
    const auto found = texts.find(metrics_text(rank));
    if (found == texts.end()) break;
    saved.emplace_back().load(found->second);
  }
  if (saved.empty()) throw DataError(cat("the checkpoint has no ", metrics_text(0)));
  if (saved.size() == static_cast<std::size_t>(ranks.size())) {
    return saved[static_cast<std::size_t>(ranks.rank())];
  }
  MetricBag all;
  if (ranks.rank() == 0) {
    for (const MetricBag& each : saved) all.merge(each);
  }
  return all;
}

}  // namespace roux
