#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace roux {

// Where a run stands, beside its tensors and its place in the data.
struct TrainerState {
  std::int64_t step = 0;            // steps taken, the skipped ones included
  std::int64_t epoch = 0;           // of the data, that are over
  std::int64_t steps_in_epoch = 0;  // of the one that is under way
  std::int64_t skipped_in_row = 0;

  // The loss of late and how far it lies from that, as averages that forget.
  std::optional<double> usual_loss;
  double loss_deviation = 0.0;

  // The steps of the last report and of the last validation.
  std::int64_t published_step = 0;
  std::int64_t validated_step = -1;
  std::optional<double> score;  // of that validation

  std::optional<double> best_score;  // the larger the better
  std::int64_t validations_without_better = 0;

  bool operator==(const TrainerState&) const = default;
};

// As JSON; doubles read back the same to the last bit. read_state() throws DataError.
std::string write_state(const TrainerState& state);
TrainerState read_state(std::string_view text);

}  // namespace roux
