#include "trainer/train_report.h"

#include <utility>

#include "roux/base/error.h"
#include "roux/base/program.h"
#include "roux/metrics/flops.h"
#include "trainer/derived_metrics.h"

namespace roux {
namespace {

double time_of_day() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

}  // namespace

void TrainReport::publish(const TrainerState& state, std::int64_t steps, const MetricBag& metrics,
                          const PhaseTimes& times) const {
  std::vector<MetricValue> values = metrics.values();
  // Of steps that were skipped nothing is counted.
  const auto skipped = static_cast<std::int64_t>(value_of(values, "skipped_steps").value_or(0.0));
  add_forms_of_loss(values);
  add_rates(values, {.count = steps - skipped,
                     .seconds = times.step_seconds(),
                     .num_devices = parts_.gangs.root->size(),
                     .peak_flops = peak_flops(values)});
  add_lrs(state, values);
  values.push_back({"data_epoch", static_cast<double>(state.epoch + 1)});
  for (MetricValue& each : times.values()) values.push_back(std::move(each));
  values.push_back({"wall_time", age().count()});
  values.push_back({"total_time", state.total_seconds + age().count()});
  values.push_back({"peak_mem_bytes", static_cast<double>(peak_memory())});
  record(state, "train", std::move(values));
}

void TrainReport::record(const TrainerState& state, std::string category,
                         std::vector<MetricValue> values) const {
  parts_.recorder.record({.category = std::move(category),
                          .step = state.step,
                          .data_epoch = state.epoch + 1,
                          .wall_time = time_of_day(),
                          .values = std::move(values)});
}

void TrainReport::record_samples(const TrainerState& state, std::string text) const {
  parts_.recorder.record_text({"samples", state.step, time_of_day(), std::move(text)});
}

// Measured once, and only where it is asked for.
std::optional<double> TrainReport::peak_flops(const std::vector<MetricValue>& values) const {
  if (value_of(values, "model_flops").value_or(0.0) <= 0.0) return std::nullopt;
  if (parts_.config.peak_flops) return parts_.config.peak_flops;
  return measured_peak_flops(parts_.parameters.groups().front().values.scalar_type());
}

void TrainReport::add_lrs(const TrainerState& state, std::vector<MetricValue>& values) const {
  if (state.step == 0) return;
  const std::vector<double> lrs = parts_.lr_scheduler.lrs(state.step - 1);
  for (std::size_t i = 0; i < lrs.size(); ++i) {
    values.push_back({lrs.size() == 1 ? "lr" : cat("lr/", i), lrs[i]});
  }
}

}  // namespace roux
