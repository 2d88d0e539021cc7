#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "roux/metrics/recorded_run.h"

namespace roux::tool {

struct ScreenOptions {
  std::size_t columns = 80;
  std::size_t lines = 24;
  bool colored = false;
  bool log_scale = false;
  std::string metric = {};  // what the large picture shows; empty: the loss
  double now = 0.0;         // seconds since 1970
};

// A run in so many lines: how far it is, a large picture of its loss, and a line each for the
// metrics that matter next, with a small curve.
std::vector<std::string> draw(const RecordedRun& run, const ScreenOptions& options);

}  // namespace roux::tool
