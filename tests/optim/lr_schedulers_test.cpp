#include "roux/optim/lr_schedulers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/files.h"
#include "roux/base/strings.h"
#include "roux/optim/lr_scheduler.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

using Rates = std::vector<double>;

const Rates kBase{0.01, 0.3};

// The rates of a case of tools/parity.d/lr_schedules.py, step by step.
std::vector<Rates> expected(const std::string& source, const std::string& name) {
  std::vector<Rates> rates;
  bool is_in_case = false;
  const std::string path = ROUX_OPTIM_FIXTURES "/lr_schedules_" + source + ".txt";
  for (const std::string& line : split(read_file(path), '\n')) {
    if (line.starts_with("case ")) {
      is_in_case = line == "case " + name;
    } else if (is_in_case && !line.empty()) {
      const auto numbers = split(line, ' ');
      rates.push_back({std::stod(numbers.at(0)), std::stod(numbers.at(1))});
    }
  }
  require(!rates.empty(), "a case of the fixture");
  return rates;
}

void expect_rates(const LrScheduler& schedule, const std::vector<Rates>& expected_rates) {
  for (std::size_t step = 0; step < expected_rates.size(); ++step) {
    const Rates rates = schedule.lrs(static_cast<std::int64_t>(step));
    ASSERT_EQ(rates.size(), 2U);
    for (std::size_t group = 0; group < 2; ++group) {
      EXPECT_NEAR(rates[group], expected_rates[step][group], 1e-12) << "step " << step;
    }
  }
}

TEST(Passthrough, IsTheOptimizersRate) {
  const auto schedule = make_passthrough({}, kBase);

  expect_rates(*schedule, expected("fairseq2", "passthrough"));
}

TEST(CosineAnnealing, IsFairseq2s) {
  const auto once = make_cosine_annealing({.num_warmup_steps = 10}, kBase, 40);
  const auto cycles = make_cosine_annealing({.cycle_len = 7,
                                             .num_warmup_steps = 4,
                                             .lr_mul = 0.5,
                                             .start_lr = Rates{0.001, 0.1},
                                             .final_lr = Rates{0.0, 0.02},
                                             .final_lr_scale = std::nullopt},
                                            kBase, std::nullopt);

  expect_rates(*once, expected("fairseq2", "cosine"));
  expect_rates(*cycles, expected("fairseq2", "cosine cycles"));
}

TEST(CosineAnnealing, GrowsItsCyclesAsFairseq2Does) {
  CosineAnnealingConfig config{.cycle_len = 5,
                               .cycle_mul = 2.0,
                               .lr_mul = 0.9,
                               .final_lr = 0.001,
                               .final_lr_scale = std::nullopt};
  const auto doubling = make_cosine_annealing(config, kBase, std::nullopt);
  config.cycle_len = 9;
  config.num_warmup_steps = 3;
  config.cycle_mul = 1.5;
  config.lr_mul = 1.0;
  const auto by_halves = make_cosine_annealing(config, kBase, std::nullopt);

  expect_rates(*doubling, expected("fairseq2", "cosine growing"));
  expect_rates(*by_halves, expected("fairseq2", "cosine growing by halves"));
}

TEST(CosineAnnealing, BeginsACycleAnewWhereALogarithmWouldNotSeeItsEnd) {
  // log(243, 3) is 4.999…: fairseq2 takes the first step of the sixth cycle for the last of the
  // fifth, and learns at the final rate there.
  const auto schedule = make_cosine_annealing(
      {.cycle_len = 2, .cycle_mul = 3.0, .final_lr_scale = 0.0}, kBase, std::nullopt);

  EXPECT_THAT(schedule->lrs(242), ElementsAre(0.01, 0.3));
}

TEST(CosineAnnealing, StaysAtItsFinalRateOnceTheRunIsOver) {
  const auto schedule = make_cosine_annealing({.final_lr_scale = 0.5}, {1.0}, 40);

  EXPECT_THAT(schedule->lrs(40), ElementsAre(0.5));
  EXPECT_THAT(schedule->lrs(1010), ElementsAre(0.5));  // no cosine ends there
}

TEST(CosineAnnealing, StaysAtItsFinalRateOnceItsCyclesHaveShrunkToNothing) {
  const auto schedule = make_cosine_annealing(
      {.cycle_len = 8, .cycle_mul = 0.5, .final_lr_scale = 0.25}, {1.0}, std::nullopt);

  EXPECT_THAT(schedule->lrs(0), ElementsAre(1.0));
  EXPECT_THAT(schedule->lrs(8), ElementsAre(1.0));   // 4 more
  EXPECT_THAT(schedule->lrs(12), ElementsAre(1.0));  // 2 more
  EXPECT_THAT(schedule->lrs(14), ElementsAre(1.0));  // the last
  EXPECT_THAT(schedule->lrs(15), ElementsAre(0.25));
  EXPECT_THAT(schedule->lrs(1000), ElementsAre(0.25));
}

// Not made where it is used: GCC 12 takes the unused half of such a temporary for uninitialised.
MyleConfig myle(std::int64_t warmup, Rates start) {
  MyleConfig config;
  config.num_warmup_steps = warmup;
  config.start_lr = std::move(start);
  return config;
}

TEST(Myle, IsFairseq2s) {
  const auto schedule = make_myle(myle(8, {0.0, 0.1}), kBase);

  expect_rates(*schedule, expected("fairseq2", "myle"));
}

TEST(Noam, IsFairseq2s) {
  expect_rates(*make_noam({.num_warmup_steps = 8}, kBase), expected("fairseq2", "noam"));
  expect_rates(*make_noam({}, kBase), expected("fairseq2", "noam at once"));
}

TEST(PolynomialDecay, IsFairseq2sAndStaysAtItsFinalRate) {
  const auto schedule = make_polynomial_decay(
      {.num_warmup_steps = 10, .power = 1.7, .start_lr = 0.001, .final_lr = Rates{0.002, 0.05}},
      kBase, 40);

  expect_rates(*schedule, expected("fairseq2", "polynomial"));
  EXPECT_THAT(schedule->lrs(1000), ElementsAre(0.002, 0.05));
}

TEST(TriStage, IsFairseq2sAndStaysAtItsFinalRate) {
  const auto schedule = make_tri_stage({.stage_ratio = {0.13, 0.4, 0.47},
                                        .start_lr_scale = 0.02,
                                        .final_lr_scale = Rates{0.05, 0.5}},
                                       kBase, 50);

  expect_rates(*schedule, expected("fairseq2", "tri stage"));
  EXPECT_THAT(schedule->lrs(1000), ElementsAre(0.01 * 0.05, 0.3 * 0.5));
}

TEST(TriStage, MayEndAtZero) {
  const auto schedule = make_tri_stage({.final_lr_scale = 0.0}, {1.0}, 10);

  EXPECT_THAT(schedule->lrs(0), ElementsAre(1.0));
  EXPECT_THAT(schedule->lrs(10), ElementsAre(0.0));
}

TEST(Wsd, IsTransformers) {
  WsdConfig config{.num_decay_steps = 12, .decay_share = std::nullopt, .final_lr_scale = 0.1};
  for (const auto& [decay, name] :
       {std::pair{WsdDecay::Linear, "linear"}, std::pair{WsdDecay::Cosine, "cosine"},
        std::pair{WsdDecay::OneMinusSqrt, "1-sqrt"}}) {
    config.decay = decay;
    expect_rates(*make_wsd(config, kBase, 40),
                 expected("transformers", std::string("wsd ") + name));
  }

  const WsdConfig warmed{.num_warmup_steps = 6, .decay_share = 0.2, .decay = WsdDecay::Linear};
  expect_rates(*make_wsd(warmed, kBase, 40), expected("transformers", "wsd warmed up"));
}

TEST(Wsd, MustFitInTheRun) {
  const WsdConfig config{.num_warmup_steps = 30, .decay_share = 0.3};

  EXPECT_THAT([&] { make_wsd(config, kBase, 40); },
              ThrowsMessage<ConfigError>(HasSubstr("must fit in regime.num_steps (40)")));
}

TEST(LrSchedulers, WantARateForEachGroupOrOneForAll) {
  EXPECT_THAT([] { make_myle(myle(1, {0.1}), kBase); },
              ThrowsMessage<ConfigError>("lr_scheduler.config.start_lr must have a rate for each "
                                         "of the 2 groups of the optimizer, but has 1"));
}

TEST(LrSchedulers, WantTheLengthOfTheRunWhereTheyEndWithIt) {
  EXPECT_THAT([] { make_cosine_annealing({}, kBase, std::nullopt); },
              ThrowsMessage<ConfigError>(HasSubstr("needs regime.num_steps")));
  EXPECT_THAT([] { make_polynomial_decay({.num_warmup_steps = 9}, kBase, 9); },
              ThrowsMessage<ConfigError>(HasSubstr("must be less than regime.num_steps (9)")));
  EXPECT_THAT([] { make_cosine_annealing({.num_warmup_steps = 9}, kBase, 9); },
              ThrowsMessage<ConfigError>(HasSubstr("must be less than regime.num_steps (9)")));
}

}  // namespace
}  // namespace roux
