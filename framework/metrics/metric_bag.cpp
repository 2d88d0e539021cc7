#include "roux/metrics/metric_bag.h"

#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "roux/base/error.h"
#include "roux/base/strings.h"

namespace roux {
namespace {

constexpr std::string_view kHeading = "metrics 1";
constexpr std::array<std::string_view, 4> kKindNames{"mean", "count", "max", "last"};

// The shortest that reads back the same.
std::string exact(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), end.ptr);
}

std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<double> parse_exact(std::string_view text) {
  double value = 0.0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

MetricBag::Entry& MetricBag::entry(std::string_view name, Kind kind) {
  auto place = places_.find(name);
  if (place == places_.end()) {
    require(!name.empty() && name.find('\n') == std::string_view::npos,
            cat("MetricBag: \"", name, "\" can't be a metric's name"));
    place = places_.emplace(name, entries_.size()).first;
    entries_.push_back({.name = std::string(name), .kind = kind});
  }
  Entry& found = entries_[place->second];
  require(found.kind == kind,
          cat("MetricBag: \"", name, "\" is a ", kKindNames[static_cast<std::size_t>(found.kind)],
              " and a ", kKindNames[static_cast<std::size_t>(kind)]));
  return found;
}

void MetricBag::add_mean(std::string_view name, const at::Tensor& sum, double weight) {
  require(sum.numel() == 1,
          cat("MetricBag: \"", name, "\" must be one number, but is a tensor of ", sum.numel()));
  if (sum.device().is_cpu()) {
    add_mean(name, sum.item().toDouble(), weight);
    return;
  }
  Entry& mean = entry(name, Kind::Mean);
  // The sum so far goes over to the device: the order of additions, and with it the last bit, is
  // then the same whether or not the run was stopped in between.
  const auto options = sum.options().dtype(at::kDouble).requires_grad(false);
  if (!mean.on_device.defined()) mean.on_device = at::full({}, mean.value, options);
  mean.on_device.add_(sum.detach().reshape({}).to(at::kDouble));
  mean.weight += weight;
}

void MetricBag::add_mean(std::string_view name, double sum, double weight) {
  Entry& mean = entry(name, Kind::Mean);
  if (mean.on_device.defined()) {
    mean.on_device.add_(sum);
  } else {
    mean.value += sum;
  }
  mean.weight += weight;
}

void MetricBag::add_count(std::string_view name, double count) {
  Entry& counted = entry(name, Kind::Count);
  counted.value += count;
  counted.total += count;
}

void MetricBag::add_max(std::string_view name, double value) {
  Entry& largest = entry(name, Kind::Max);
  // Written so that a NaN stays: it is the one thing that must be seen.
  if (!largest.used || !(value <= largest.value)) largest.value = value;
  largest.used = true;
}

void MetricBag::set(std::string_view name, double value) {
  Entry& last = entry(name, Kind::Last);
  last.value = value;
  last.used = true;
}

void MetricBag::add(const MetricBag& other) {
  for (const Entry& each : other.entries_) {
    switch (each.kind) {
      case Kind::Mean:
        if (each.on_device.defined()) {
          add_mean(each.name, each.on_device, each.weight);
        } else {
          add_mean(each.name, each.value, each.weight);
        }
        break;
      case Kind::Count:
        add_count(each.name, each.value);
        break;
      case Kind::Max:
        if (each.used) add_max(each.name, each.value);
        break;
      case Kind::Last:
        if (each.used) set(each.name, each.value);
    }
  }
}

void MetricBag::merge(const MetricBag& other) {
  add(other);
  for (const Entry& each : other.entries_) {
    // A total holds what add() has counted already.
    if (each.kind == Kind::Count) entry(each.name, each.kind).total += each.total - each.value;
  }
}

std::vector<double> MetricBag::sums() const {
  std::vector<at::Tensor> waited;
  for (const Entry& each : entries_) {
    if (each.on_device.defined()) waited.push_back(each.on_device);
  }
  at::Tensor fetched;
  if (!waited.empty()) fetched = at::stack(waited).cpu();

  std::vector<double> sums;
  std::int64_t next = 0;
  for (const Entry& each : entries_) {
    if (each.kind != Kind::Mean) continue;
    sums.push_back(each.on_device.defined() ? fetched.const_data_ptr<double>()[next++]
                                            : each.value);
  }
  return sums;
}

std::vector<MetricValue> MetricBag::values() const {
  std::vector<MetricValue> values;
  const std::vector<double> sums = this->sums();
  auto sum = sums.begin();
  for (const Entry& each : entries_) {
    switch (each.kind) {
      case Kind::Mean: {
        const double of_this = *sum++;
        if (each.weight != 0.0) values.push_back({each.name, of_this / each.weight});
        break;
      }
      case Kind::Count:
        values.push_back({each.name, each.value});
        break;
      case Kind::Max:
      case Kind::Last:
        if (each.used) values.push_back({each.name, each.value});
        break;
    }
  }
  for (const Entry& each : entries_) {
    if (each.kind == Kind::Count) values.push_back({cat("total_", each.name), each.total});
  }
  return values;
}

void MetricBag::begin_anew() {
  for (Entry& each : entries_) {
    each.used = false;
    each.value = 0.0;
    each.weight = 0.0;
    each.on_device = at::Tensor();
  }
}

// A line each: the kind, whether it was used, three numbers, and the name, which may hold spaces.
std::string MetricBag::save() const {
  std::string text(kHeading);
  text += '\n';
  const std::vector<double> sums = this->sums();
  auto sum = sums.begin();
  for (const Entry& each : entries_) {
    const double value = each.kind == Kind::Mean ? *sum++ : each.value;
    text +=
        cat(kKindNames[static_cast<std::size_t>(each.kind)], ' ', each.used ? 1 : 0, ' ',
            exact(value), ' ', exact(each.weight), ' ', exact(each.total), ' ', each.name, '\n');
  }
  return text;
}

void MetricBag::load(std::string_view text) {
  MetricBag loaded;
  std::size_t number = 0;
  for (const std::string& each : split(text, '\n')) {
    ++number;
    std::string_view line = each;
    if (number == 1) {
      if (line == kHeading) continue;
      throw DataError(
          cat("saved metrics must begin with \"", kHeading, "\", but begin with \"", line, "\""));
    }
    if (line.empty()) continue;
    const auto kind = std::find(kKindNames.begin(), kKindNames.end(), take_word(line));
    const auto used = parse_exact(take_word(line));
    const auto value = parse_exact(take_word(line));
    const auto weight = parse_exact(take_word(line));
    const auto total = parse_exact(take_word(line));
    if (kind == kKindNames.end() || !used || !value || !weight || !total || line.empty()) {
      throw DataError(cat("saved metrics: line ", number, " can't be read: ", each));
    }
    Entry& entry = loaded.entry(line, static_cast<Kind>(kind - kKindNames.begin()));
    entry.used = *used != 0.0;
    entry.value = *value;
    entry.weight = *weight;
    entry.total = *total;
  }
  *this = std::move(loaded);
}

}  // namespace roux
