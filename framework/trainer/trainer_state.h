#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trainer/loss_trend.h"

namespace roux {

// Where a run stands, beside its tensors and its place in the data.
struct TrainerState {
  std::int64_t step = 0;            // steps taken, the skipped ones included
  std::int64_t epoch = 0;           // of the data, that are over
  std::int64_t steps_in_epoch = 0;  // of the one that is under way
  std::int64_t skipped_in_row = 0;

  LossTrend loss;

  // Of all processes that have worked on the run, until this was saved.
  double total_seconds = 0.0;

  // The steps of the last report, of the last validation and of the last samples.
  std::int64_t published_step = 0;
  std::int64_t validated_step = -1;
  std::int64_t sampled_step = -1;
  std::optional<double> score;  // of that validation

  std::optional<double> best_score;  // the larger the better
  std::int64_t validations_without_better = 0;

  bool operator==(const TrainerState&) const = default;
};

// As JSON; doubles read back the same to the last bit. read_state() throws DataError.
std::string write_state(const TrainerState& state);
TrainerState read_state(std::string_view text);

}  // namespace roux
