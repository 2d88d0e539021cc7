#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "roux/metrics/metric_value.h"

// What TensorBoard reads, written by hand: its files are TFRecords of `tensorflow.Event` protobufs,
// of which we need four kinds. (LibTorch exports a protobuf of its own; a second one in the same
// process would clash with it.)
namespace roux::tensorboard {

// Each of them an Event, encoded.
std::string file_version_event(double wall_time);

// The run goes on at `step`: TensorBoard forgets what it read of this and later steps.
std::string session_start_event(double wall_time, std::int64_t step);

std::string scalars_event(double wall_time, std::int64_t step, std::span<const MetricValue> values);

// Markdown, shown under the tab "Text".
std::string text_event(double wall_time, std::int64_t step, std::string_view tag,
                       std::string_view text);

// An event as it lies in a file: its length, a checksum of that, the event and its checksum.
std::string tf_record(std::string_view event);

// Cuts off of a file of such records what was written at steps after `last` (all, without one), and
// a torn end. Steps grow from record to record. Says whether anything but the version and the
// starts of sessions is left. Throws Error, which names the path.
bool cut_events(const std::filesystem::path& file, std::optional<std::int64_t> last);

}  // namespace roux::tensorboard
