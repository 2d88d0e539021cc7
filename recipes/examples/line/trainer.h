#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "data.h"
#include "descent.h"
#include "roux/config/fields.h"
#include "roux/trainer/stop.h"
#include "roux/trainer/trainer.h"

namespace line {

// [regime]: how long to train, and what to say and save on the way.
struct RegimeConfig {
  std::int64_t num_steps = 200;
  std::int64_t publish_metrics_every_n_steps = 50;
  std::optional<std::int64_t> checkpoint_every_n_steps;

  static void describe(roux::config::Fields<RegimeConfig>& field);
  void validate(roux::config::Problems& problems) const;
};

// Fits slope and intercept to the points, all of them at each step.
class LineTrainer final : public roux::Trainer {
 public:
  // What it works with; all of it outlives the trainer.
  struct Parts {
    const RegimeConfig& regime;
    const Data& data;
    Descent& descent;
    const roux::StopRequest& stop;
    std::filesystem::path checkpoint;
  };

  explicit LineTrainer(Parts parts) : parts_(parts) {}

  bool load_checkpoint() override;
  void train() override;
  void save_checkpoint() override;

  std::int64_t step() const { return step_; }
  const Pair& parameters() const { return parameters_; }

 private:
  // Mean squared error, and its gradient.
  double loss(Pair& gradient) const;

  Parts parts_;
  std::int64_t step_ = 0;
  std::int64_t saved_step_ = -1;
  Pair parameters_ = {};
};

}  // namespace line
