#include "trainer/derived_metrics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>

#include "roux/metrics/flops.h"

namespace roux {
namespace {

auto find(std::vector<MetricValue>& values, std::string_view name) {
  return std::find_if(values.begin(), values.end(),
                      [&](const MetricValue& each) { return each.name == name; });
}

// Takes a value out: it is of no interest by itself.
std::optional<double> take(std::vector<MetricValue>& values, std::string_view name) {
  const auto found = find(values, name);
  if (found == values.end()) return std::nullopt;
  const double value = found->value;
  values.erase(found);
  return value;
}

void add(std::vector<MetricValue>& values, std::string name, double value) {
  values.emplace_back(MetricValue{std::move(name), value});
}

void add_speed(std::vector<MetricValue>& values, const StepsTaken& steps,
               std::optional<double> tokens, std::optional<double> elements) {
  if (!(steps.seconds > 0.0)) return;
  if (tokens) {
    const double rate = *tokens / steps.seconds;
    add(values, "tokens_per_second", rate);
    add(values, "tokens_per_second_per_device", rate / steps.num_devices);
  } else if (elements) {
    add(values, "elements_per_second", *elements / steps.seconds);
  }
}

}  // namespace

std::optional<double> value_of(const std::vector<MetricValue>& values, std::string_view name) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const MetricValue& each) { return each.name == name; });
  return found == values.end() ? std::nullopt : std::optional(found->value);
}

void add_forms_of_loss(std::vector<MetricValue>& values) {
  const auto bytes = value_of(values, "num_target_bytes");
  const auto targets = value_of(values, "num_targets");
  const auto loss = find(values, "nll_loss");
  if (loss == values.end()) return;
  const double nats = loss->value;
  const auto behind = values.insert(loss + 1, {"perplexity", std::exp(nats)});
  if (targets && bytes && *bytes > 0.0) {
    values.insert(behind + 1, {"bits_per_byte", nats * *targets / (*bytes * std::numbers::ln2)});
  }
}

void add_rates(std::vector<MetricValue>& values, const StepsTaken& steps) {
  const auto tokens = value_of(values, "num_tokens");
  const auto elements = tokens ? tokens : value_of(values, "num_elements");
  const auto count = static_cast<double>(steps.count);
  if (const auto examples = value_of(values, "num_examples"); examples && steps.count > 0) {
    add(values, "batch_size", *examples / count);
  }
  if (elements && steps.count > 0) add(values, "elements_per_batch", *elements / count);
  if (const auto padding = value_of(values, "padding"); padding && elements) {
    const double all = *padding + *elements;
    if (all > 0.0) add(values, "padding_ratio", *padding / all);
  }
  add_speed(values, steps, tokens, elements);

  take(values, "total_model_flops");
  const auto flops = take(values, "model_flops");
  if (!flops || !steps.peak_flops) return;
  if (const auto share =
          flops_utilisation(*flops, steps.seconds, *steps.peak_flops, steps.num_devices)) {
    add(values, "mfu", *share);
  }
}

}  // namespace roux
