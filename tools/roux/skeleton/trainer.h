#pragma once

#include <cstdint>
#include <filesystem>

#include "roux/config/fields.h"
#include "roux/trainer/stop.h"
#include "roux/trainer/trainer.h"
#include "valley.h"

// [regime]: how long to train, and what to say and save on the way.
struct RegimeConfig {
  std::int64_t num_steps = 1000;
  double lr = 0.1;
  std::int64_t publish_metrics_every_n_steps = 50;
  std::int64_t checkpoint_every_n_steps = 500;

  static void describe(roux::config::Fields<RegimeConfig>& field);
};

// Where a new run begins.
struct Start {
  Point point;
};

// Walks down a valley, one step along its slope at a time.
class SkeletonTrainer final : public roux::Trainer {
 public:
  // What it works with; all of it outlives the trainer.
  struct Parts {
    const RegimeConfig& regime;
    const Valley& valley;
    const Start& start;
    const roux::StopRequest& stop;
    std::filesystem::path checkpoint;
  };

  explicit SkeletonTrainer(Parts parts) : parts_(parts), position_(parts.start.point) {}

  bool load_checkpoint() override;
  void train() override;
  void save_checkpoint() override;

 private:
  void take_step();

  Parts parts_;
  std::int64_t step_ = 0;
  std::int64_t saved_step_ = -1;
  Point position_;
};
