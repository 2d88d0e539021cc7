#include "roux/metrics/phase_times.h"

#include <string_view>
#include <utility>

namespace roux {
namespace {

std::size_t index_of(Phase phase) {
  return static_cast<std::size_t>(phase);
}

}  // namespace

PhaseTimes::PhaseTimes(Now now) : now_(now), since_(now()) {}

void PhaseTimes::enter(Phase phase) {
  const auto now = now_();
  spent_[index_of(phase_)] += now - since_;
  since_ = now;
  phase_ = phase;
}

double PhaseTimes::seconds(Phase phase) const {
  std::chrono::duration<double> spent = spent_[index_of(phase)];
  if (phase == phase_) spent += now_() - since_;
  return spent.count();
}

double PhaseTimes::step_seconds() const {
  return seconds(Phase::Data) + seconds(Phase::Forward) + seconds(Phase::Backward) +
         seconds(Phase::Gang) + seconds(Phase::Optimizer);
}

double PhaseTimes::lapse_seconds() const {
  double all = 0.0;
  for (std::size_t i = 0; i < kNumPhases; ++i) all += seconds(static_cast<Phase>(i));
  return all;
}

std::vector<MetricValue> PhaseTimes::values() const {
  std::vector<MetricValue> values;
  for (const auto& [name, phase] : {std::pair("data_time", Phase::Data),
                                    {"forward_time", Phase::Forward},
                                    {"backward_time", Phase::Backward},
                                    {"gang_time", Phase::Gang},
                                    {"optimizer_time", Phase::Optimizer},
                                    {"checkpoint_time", Phase::Checkpoint},
                                    {"validation_time", Phase::Validation},
                                    {"other_time", Phase::Other}}) {
    values.push_back({name, seconds(phase)});
  }
  const double step = step_seconds();
  values.push_back({"compute_time", step - seconds(Phase::Data) - seconds(Phase::Gang)});
  values.push_back({"lapse_time", lapse_seconds()});
  if (step > 0.0) values.push_back({"data_wait_share", seconds(Phase::Data) / step});
  return values;
}

void PhaseTimes::begin_anew() {
  spent_.fill({});
  since_ = now_();
}

}  // namespace roux
