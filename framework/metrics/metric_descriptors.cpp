#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/units.h"
#include "roux/metrics/metric_descriptor.h"

namespace roux {
namespace {

std::string print(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

// Four decimals near 1, as losses are read; five figures where that would say little.
std::string plain_number(double value) {
  const double size = std::abs(value);
  if (value == 0.0) return "0";
  if (size >= 100.0 && size < 1e7 && value == std::round(value)) return print("%.0f", value);
  if (size < 0.001 || size >= 1e7) return print("%.4g", value);
  if (size < 100.0) return print("%.4f", value);
  return print("%.2f", value);
}

std::string counted(double value) {
  const double size = std::abs(value);
  if (size >= 1e15) return print("%.4g", value);
  if (size >= 1000.0 || value == std::round(value)) return with_commas(std::round(value));
  return print(size < 10.0 ? "%.2f" : "%.1f", value);
}

std::string seconds(double value) {
  constexpr double kMinute = 60.0;
  constexpr double kLongest = 9e9;  // nanoseconds in 63 bits
  if (value < 0.0 || value >= kLongest) return print("%.4g s", value);
  if (value >= kMinute) {
    return approximate_duration(std::chrono::seconds(static_cast<std::int64_t>(value)));
  }
  if (value >= 1.0 || value == 0.0) return print("%.2f s", value);
  if (value >= 0.001) return print("%.1f ms", value * 1e3);
  return print("%.0f us", value * 1e6);
}

std::string bytes(double value) {
  constexpr double kLargest = 1.8e19;  // 64 bits
  if (value < 0.0 || value >= kLargest) return print("%.4g B", value);
  return approximate_bytes(static_cast<std::uint64_t>(value));
}

std::string formatted(MetricFormat format, double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  switch (format) {
    case MetricFormat::Number:
      return plain_number(value);
    case MetricFormat::Count:
      return counted(value);
    case MetricFormat::Percent:
      return print("%.1f %%", value * 100.0);
    case MetricFormat::Seconds:
      return seconds(value);
    case MetricFormat::Bytes:
      return bytes(value);
    case MetricFormat::LearningRate:
      return print("%.4g", value);
  }
  return plain_number(value);
}

}  // namespace

MetricDescriptors::MetricDescriptors(std::span<const MetricDescriptor> more) {
  for (const auto& each : standard_metrics()) by_name_[each.name] = each;
  for (const auto& each : more) by_name_[each.name] = each;
}

std::string MetricDescriptors::whole_of(std::string_view name) const {
  if (by_name_.contains(name)) return std::string(name);
  for (auto slash = name.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    if (by_name_.contains(name.substr(0, slash))) return std::string(name.substr(0, slash));
  }
  return std::string(name);
}

MetricDescriptor MetricDescriptors::of(std::string_view name) const {
  const std::string whole = whole_of(name);
  const auto known = by_name_.find(whole);
  if (known != by_name_.end() && whole == name) return known->second;
  if (known != by_name_.end()) {
    MetricDescriptor part = known->second;
    const std::string_view suffix = name.substr(whole.size() + 1);
    part.name = name;
    part.display_name = cat(part.display_name, " (", suffix, ")");
    if (!part.label.empty()) part.label = cat(part.label, " (", suffix, ")");
    return part;
  }
  // Whoever reports something of their own wants to see it.
  return {.name = std::string(name),
          .display_name = std::string(name),
          .group = "Other",
          .brief = true};
}

std::vector<MetricValue> MetricDescriptors::sorted(std::span<const MetricValue> values) const {
  std::vector<std::pair<int, const MetricValue*>> order;
  for (const auto& each : values) order.emplace_back(of(each.name).order, &each);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  std::vector<MetricValue> sorted;
  for (const auto& [ignored, value] : order) sorted.push_back(*value);
  return sorted;
}

std::string format_metric(const MetricDescriptor& descriptor, double value) {
  std::string text = formatted(descriptor.format, value);
  if (!descriptor.unit.empty()) text += ' ' + descriptor.unit;
  return text;
}

std::string with_commas(double whole_number) {
  std::string text = print("%.0f", whole_number);
  const std::ptrdiff_t first = text.starts_with('-') ? 1 : 0;
  for (auto i = std::ssize(text) - 3; i > first; i -= 3) {
    text.insert(static_cast<std::size_t>(i), ",");
  }
  return text;
}

}  // namespace roux
