#include "trainer.h"

#include <cmath>
#include <cstddef>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/log.h"
#include "roux/config/dump.h"
#include "roux/config/load.h"

void RegimeConfig::describe(roux::config::Fields<RegimeConfig>& field) {
  field("num_steps", &RegimeConfig::num_steps, "Steps to take.").at_least(1);
  field("lr", &RegimeConfig::lr, "Learning rate: the share of the slope that a step goes.")
      .more_than(0);
  field("publish_metrics_every_n_steps", &RegimeConfig::publish_metrics_every_n_steps,
        "Say how it goes after every so many steps.")
      .at_least(1);
  field("checkpoint_every_n_steps", &RegimeConfig::checkpoint_every_n_steps,
        "Save after every so many steps, and at the end.")
      .at_least(1);
}

namespace {

// checkpoint.toml: all that a run needs to go on. Numbers read back the same to the last bit.
struct Checkpoint {
  std::int64_t step = 0;
  Point position = {};

  static void describe(roux::config::Fields<Checkpoint>& field) {
    field("step", &Checkpoint::step, "Steps taken.").at_least(0);
    field("position", &Checkpoint::position, "Where they led.");
  }
};

}  // namespace

bool SkeletonTrainer::load_checkpoint() {
  if (!std::filesystem::exists(parts_.checkpoint)) return false;

  const auto checkpoint = roux::config::load_as<Checkpoint>(parts_.checkpoint);
  step_ = saved_step_ = checkpoint.step;
  position_ = checkpoint.position;
  roux::log_info("goes on from step ", step_);
  return true;
}

void SkeletonTrainer::save_checkpoint() {
  if (step_ == saved_step_) return;
  roux::write_file(parts_.checkpoint, roux::config::dump_as(Checkpoint{step_, position_}));
  saved_step_ = step_;
}

void SkeletonTrainer::train() {
  // Asked between steps, so that what is saved after a stop is a whole step.
  while (step_ < parts_.regime.num_steps && !parts_.stop.requested()) {
    take_step();
    if (step_ % parts_.regime.publish_metrics_every_n_steps == 0) {
      roux::log_info("step ", step_, "  height ", parts_.valley.height(position_));
    }
    if (step_ % parts_.regime.checkpoint_every_n_steps == 0) save_checkpoint();
  }
  if (parts_.stop.requested()) roux::log_info("stopped after step ", step_);
}

void SkeletonTrainer::take_step() {
  const Point slope = parts_.valley.slope(position_);
  for (std::size_t i = 0; i < position_.size(); ++i) position_[i] -= parts_.regime.lr * slope[i];
  ++step_;

  // What diverged must not replace the last good checkpoint.
  const double height = parts_.valley.height(position_);
  if (!std::isfinite(height)) {
    throw roux::Error(roux::cat("the height is ", height, " after step ", step_,
                                ": a regime.lr smaller than ", parts_.regime.lr, " may help"));
  }
}
