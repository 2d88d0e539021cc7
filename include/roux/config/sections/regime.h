#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "roux/config/fields.h"

namespace roux {

enum class SaveModelOnly { All, AllButLast };

void describe(config::EnumValues<SaveModelOnly>& value);

// [regime]: how long to train, and what happens on the way.
struct RegimeConfig {
  std::optional<std::int64_t> num_steps;
  std::optional<std::int64_t> num_data_epochs;
  std::optional<std::chrono::nanoseconds> max_wall_time;

  bool validate_at_start = false;
  std::int64_t validate_after_n_steps = 0;
  std::optional<std::int64_t> validate_every_n_steps;
  std::int64_t validate_after_n_data_epochs = 0;
  std::optional<std::int64_t> validate_every_n_data_epochs;

  std::optional<std::string> score_metric;
  std::optional<std::int64_t> early_stopping_patience;

  std::int64_t checkpoint_after_n_steps = 0;
  std::optional<std::int64_t> checkpoint_every_n_steps;
  std::int64_t checkpoint_after_n_data_epochs = 0;
  std::optional<std::int64_t> checkpoint_every_n_data_epochs;

  // true is "all", false keeps everything that a run needs to go on.
  std::variant<bool, SaveModelOnly> save_model_only = false;
  bool export_hugging_face = false;

  std::optional<std::int64_t> keep_last_n_checkpoints;
  std::optional<std::int64_t> keep_best_n_checkpoints;
  std::optional<std::int64_t> keep_checkpoint_every_n_steps;

  std::int64_t publish_metrics_after_n_steps = 0;
  std::optional<std::int64_t> publish_metrics_every_n_steps;
  std::optional<std::int64_t> publish_norms_every_n_steps;
  std::int64_t publish_metrics_after_n_data_epochs = 0;
  std::optional<std::int64_t> publish_metrics_every_n_data_epochs;

  static void describe(config::Fields<RegimeConfig>& field);
  void validate(config::Problems& problems) const;
};

}  // namespace roux
