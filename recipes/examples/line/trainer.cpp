#include "trainer.h"

#include <array>
#include <cmath>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/config/dump.h"
#include "roux/config/load.h"
#include "roux/config/toml.h"

namespace line {

void RegimeConfig::describe(roux::config::Fields<RegimeConfig>& field) {
  field("num_steps", &RegimeConfig::num_steps, "Steps to take.").at_least(1);
  field("publish_metrics_every_n_steps", &RegimeConfig::publish_metrics_every_n_steps,
        "Say how it goes after every so many steps.")
      .at_least(1);
  field("checkpoint_every_n_steps", &RegimeConfig::checkpoint_every_n_steps,
        "Save after every so many steps; unset: only at the end.")
      .at_least(1);
}

void RegimeConfig::validate(roux::config::Problems& problems) const {
  if (publish_metrics_every_n_steps > num_steps) {
    problems.add("publish_metrics_every_n_steps",
                 roux::cat("must be at most num_steps (", num_steps, "), but is ",
                           publish_metrics_every_n_steps));
  }
}

namespace {

// checkpoint.toml: all that a run needs to go on. Doubles are written so that they read back the
// same to the last bit.
struct Checkpoint {
  std::int64_t step = 0;
  Pair parameters = {};
  Pair descent = {};

  static void describe(roux::config::Fields<Checkpoint>& field) {
    field("step", &Checkpoint::step, "Steps taken.").at_least(0);
    field("parameters", &Checkpoint::parameters, "Slope and intercept.");
    field("descent", &Checkpoint::descent, "What the descent remembers.");
  }
};

}  // namespace

bool LineTrainer::load_checkpoint() {
  if (!std::filesystem::exists(parts_.checkpoint)) return false;

  const auto checkpoint = roux::config::load_as<Checkpoint>(parts_.checkpoint);
  step_ = saved_step_ = checkpoint.step;
  parameters_ = checkpoint.parameters;
  parts_.descent.restore(checkpoint.descent);
  roux::log_info("goes on from step ", step_);
  return true;
}

void LineTrainer::save_checkpoint() {
  if (step_ == saved_step_) return;
  const Checkpoint checkpoint{step_, parameters_, parts_.descent.state()};
  roux::write_file(parts_.checkpoint, roux::config::dump_as(checkpoint));
  saved_step_ = step_;
}

void LineTrainer::train() {
  Pair gradient;
  while (step_ < parts_.regime.num_steps && !parts_.stop.requested()) {
    const double error = loss(gradient);
    if (!std::isfinite(error)) {
      throw roux::Error(roux::cat("the loss is ", error, " at step ", step_,
                                  ": a smaller descent.config.lr may help"));
    }
    parts_.descent.step(parameters_, gradient);
    ++step_;

    if (step_ % parts_.regime.publish_metrics_every_n_steps == 0) {
      roux::log_info("step ", step_, "  loss ", error);
    }
    const auto every = parts_.regime.checkpoint_every_n_steps;
    if (every && step_ % *every == 0) save_checkpoint();
  }
  if (parts_.stop.requested()) roux::log_info("stopped after step ", step_);
  roux::log_info("slope ", parameters_[0], ", intercept ", parameters_[1]);
}

double LineTrainer::loss(Pair& gradient) const {
  const auto& points = parts_.data.points();
  const auto count = static_cast<double>(points.size());
  double sum = 0.0;
  gradient = {};
  for (const auto& [x, y] : points) {
    const double error = parameters_[0] * x + parameters_[1] - y;
    sum += error * error;
    gradient[0] += 2.0 * error * x / count;
    gradient[1] += 2.0 * error / count;
  }
  return sum / count;
}

}  // namespace line
