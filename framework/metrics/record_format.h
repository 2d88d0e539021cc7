#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "roux/metrics/metric_recorder.h"

namespace roux {

// A report as a line of JSON, its line end included, and back the step of one:
//
//   {"step":100,"time":1700000000.5,"data_epoch":1,"loss":3.25,"grad_norm":"NaN"}
//
// What JSON has no number for is a string: "NaN", "Infinity", "-Infinity".
std::string json_line(const MetricRecord& record);
std::string json_line(const TextRecord& record);
std::optional<std::int64_t> step_of_json_line(std::string_view line);

// What every line begins with; a metric of such a name would be there twice, and is left out.
bool is_reserved(std::string_view metric);

}  // namespace roux
