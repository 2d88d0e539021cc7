#include "roux/metrics/phase_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace roux {
namespace {

using namespace std::chrono_literals;

PhaseTimes::Clock::time_point clock_now;

PhaseTimes::Clock::time_point fake_now() {
  return clock_now;
}

std::map<std::string, double> by_name(const PhaseTimes& times) {
  std::map<std::string, double> values;
  for (const auto& each : times.values()) values[each.name] = each.value;
  return values;
}

TEST(PhaseTimes, GiveEachMomentToOnePhase) {
  PhaseTimes times(fake_now);
  clock_now += 1s;
  times.enter(Phase::Data);
  clock_now += 2s;
  times.enter(Phase::Forward);
  clock_now += 4s;
  times.enter(Phase::Backward);
  clock_now += 8s;
  times.enter(Phase::Optimizer);
  clock_now += 16s;

  const auto values = by_name(times);
  EXPECT_EQ(values.at("other_time"), 1.0);
  EXPECT_EQ(values.at("data_time"), 2.0);
  EXPECT_EQ(values.at("forward_time"), 4.0);
  EXPECT_EQ(values.at("backward_time"), 8.0);
  EXPECT_EQ(values.at("optimizer_time"), 16.0);
  EXPECT_EQ(values.at("compute_time"), 28.0);
  EXPECT_EQ(values.at("lapse_time"), 31.0);
  EXPECT_EQ(values.at("data_wait_share"), 2.0 / 30.0);
  EXPECT_EQ(times.step_seconds(), 30.0);
}

TEST(PhaseTimes, ReturnToThePhaseBefore) {
  PhaseTimes times(fake_now);
  times.enter(Phase::Backward);
  {
    const PhaseTimes::Scope validation(times, Phase::Validation);
    clock_now += 3s;
  }
  clock_now += 5s;

  EXPECT_EQ(times.seconds(Phase::Validation), 3.0);
  EXPECT_EQ(times.seconds(Phase::Backward), 5.0);
  EXPECT_EQ(times.step_seconds(), 5.0);
}

TEST(PhaseTimes, BeginAnewInThePhaseThatRuns) {
  PhaseTimes times(fake_now);
  times.enter(Phase::Data);
  clock_now += 3s;

  times.begin_anew();
  clock_now += 1s;

  EXPECT_EQ(times.seconds(Phase::Data), 1.0);
  EXPECT_EQ(times.lapse_seconds(), 1.0);
}

TEST(PhaseTimes, SayNothingOfWaitingBeforeTheFirstStep) {
  const PhaseTimes times(fake_now);

  EXPECT_FALSE(by_name(times).contains("data_wait_share"));
}

}  // namespace
}  // namespace roux
