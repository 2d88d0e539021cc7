#include "trainer/trainer_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "roux/base/error.h"

namespace roux {
namespace {

TEST(TrainerState, ReadsBackToTheLastBit) {
  const TrainerState state{.step = 12345678901,
                           .epoch = 3,
                           .steps_in_epoch = 7,
                           .skipped_in_row = 2,
                           .loss = {.steps = 9, .usual = 0.1 + 0.2, .deviation = 1.0 / 3.0},
                           .total_seconds = 1.0 / 7.0,
                           .published_step = 12345678900,
                           .validated_step = 12345678000,
                           .score = 2.0 / 3.0,
                           .best_score = -1e-300,
                           .validations_without_better = 4};
  EXPECT_EQ(read_state(write_state(state)), state);
  EXPECT_EQ(read_state(write_state({})), TrainerState());
}

TEST(TrainerState, RefusesWhatIsNone) {
  for (const char* text : {"", "{}", "[1]", R"({"step": "seven"})"}) {
    EXPECT_THROW(read_state(text), DataError) << text;
  }
}

}  // namespace
}  // namespace roux
