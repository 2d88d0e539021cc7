#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "roux/metrics/recorded_run.h"

namespace roux::tool {

// The page and its script as they lie in this folder; written by embed.cmake.
extern const std::string_view kPage;
extern const std::string_view kScript;

// One HTML page about the runs, which needs nothing beside it. `now` stands at its foot.
std::string report_page(const std::vector<RecordedRun>& runs, std::string_view now);

// Runs named by what differs in their paths: the last part, with those before it as long as two are
// the same.
std::vector<std::string> short_names(const std::vector<RecordedRun>& runs);

}  // namespace roux::tool
