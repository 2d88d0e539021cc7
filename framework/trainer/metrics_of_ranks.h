#pragma once

#include <map>
#include <string>

#include "roux/gang/gang.h"
#include "roux/metrics/metric_bag.h"

namespace roux {

// What the ranks of a gang have counted, taken together: the same on all.
MetricBag merge(const MetricBag& mine, Gang& ranks);

// The name of the text that a rank's metrics are in a checkpoint.
std::string metrics_text(int rank);

// The metrics that a rank goes on with: its own, and with another number of ranks than was saved,
// those of all on the first. Throws DataError where there are none, or
// texts are none.
MetricBag restore_metrics(const std::map<std::string, std::string>& texts, const Gang& ranks);

}  // namespace roux
