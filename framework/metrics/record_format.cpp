#include "metrics/record_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "metrics/record_file.h"
#include "roux/base/error.h"

namespace roux {
namespace {

constexpr std::string_view kBegin = "{\"step\":";

std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\t':
        result += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::array<char, 8> escape{};
          std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
          result += escape.data();
        } else {
          result += c;
        }
    }
  }
  return result + '"';
}

std::string json_number(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0.0 ? "\"Infinity\"" : "\"-Infinity\"";
  return exact_number(value);
}

// In milliseconds, which reads better and is all that anybody wants of it.
std::string json_time(double seconds) {
  return exact_number(std::round(seconds * 1e3) / 1e3);
}

}  // namespace

bool is_reserved(std::string_view metric) {
  return metric == "step" || metric == "time" || metric == "data_epoch";
}

std::string json_line(const MetricRecord& record) {
  std::string line = cat(kBegin, record.step, ",\"time\":", json_time(record.wall_time));
  if (record.data_epoch) line += cat(",\"data_epoch\":", *record.data_epoch);
  for (const auto& each : record.values) {
    if (is_reserved(each.name)) continue;
    line += cat(',', json_string(each.name), ':', json_number(each.value));
  }
  return line + "}\n";
}

std::string json_line(const TextRecord& record) {
  return cat(kBegin, record.step, ",\"time\":", json_time(record.wall_time),
             ",\"name\":", json_string(record.name), ",\"text\":", json_string(record.text), "}\n");
}

std::optional<std::int64_t> step_of_json_line(std::string_view line) {
  if (!line.starts_with(kBegin) || !line.ends_with('}')) return std::nullopt;
  std::int64_t step = 0;
  const char* const first = line.data() + kBegin.size();
  const auto end = std::from_chars(first, line.data() + line.size(), step);
  if (end.ec != std::errc() || *end.ptr != ',') return std::nullopt;
  return step;
}

}  // namespace roux
