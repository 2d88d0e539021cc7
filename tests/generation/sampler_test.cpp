#include "roux/generation/sampler.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "generation/expected.h"
#include "roux/base/error.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<TokenId> ids_of(const std::vector<TokenCandidate>& candidates) {
  std::vector<TokenId> ids;
  for (const auto& each : candidates) ids.push_back(each.id);
  return ids;
}

std::vector<float> logs(std::vector<double> probabilities) {
  std::vector<float> logits;
  for (const double each : probabilities) logits.push_back(static_cast<float>(std::log(each)));
  return logits;
}

TEST(Sampler, LeavesTheProbabilitiesThatTransformersDoes) {
  const auto expected = read_expected();
  const auto logits = expected["logits"].get<std::vector<float>>();
  const auto text = expected["text"].get<std::vector<TokenId>>();

  for (const auto& each : expected["filters"]) {
    const auto& options = each["options"];
    SamplerOptions ours;
    ours.temperature = options.value("temperature", ours.temperature);
    if (options.contains("top_k")) ours.top_k = options["top_k"].get<std::int64_t>();
    ours.top_p = options.value("top_p", ours.top_p);
    ours.min_p = options.value("min_p", ours.min_p);
    ours.repetition_penalty = options.value("repetition_penalty", ours.repetition_penalty);

    std::map<std::string, double> left;
    for (const auto& [id, probability] : Sampler(ours).candidates(logits, text)) {
      left[std::to_string(id)] = probability;
    }

    ASSERT_THAT(left, SizeIs(each["probabilities"].size())) << options;
    for (const auto& [id, probability] : each["probabilities"].items()) {
      EXPECT_NEAR(left[id], probability.get<double>(), 1e-6) << options << " " << id;
    }
  }
}

TEST(Sampler, TakesTheLikeliestTokenAtTemperatureZero) {
  const Sampler sampler({.temperature = 0, .top_k = 3});

  EXPECT_EQ(sampler.choose(logs({0.2, 0.5, 0.3}), {}, 0.999), 1);
  EXPECT_EQ(sampler.choose(logs({0.4, 0.2, 0.4}), {}, 0.999), 0);
}

TEST(Sampler, DrawsEachTokenAsOftenAsItsProbabilitySays) {
  const Sampler sampler({});
  const auto logits = logs({0.25, 0.5, 0.25});

  EXPECT_EQ(sampler.choose(logits, {}, 0.0), 0);
  EXPECT_EQ(sampler.choose(logits, {}, 0.2499), 0);
  EXPECT_EQ(sampler.choose(logits, {}, 0.2501), 1);
  EXPECT_EQ(sampler.choose(logits, {}, 0.7499), 1);
  EXPECT_EQ(sampler.choose(logits, {}, 0.7501), 2);
  EXPECT_EQ(sampler.choose(logits, {}, std::nextafter(1.0, 0.0)), 2);
}

TEST(Sampler, TakesOfEquallyLikelyTokensTheFirstOnes) {
  const auto logits = logs({0.1, 0.2, 0.2, 0.2, 0.2, 0.1});

  EXPECT_THAT(ids_of(Sampler({.top_p = 0.35}).candidates(logits, {})), ElementsAre(1, 2));
  EXPECT_THAT(ids_of(Sampler({.top_k = 2, .top_p = 0.99}).candidates(logits, {})),
              ElementsAre(1, 2));
}

// More than are put in order at first.
TEST(Sampler, KeepsTheShareOfManyTokensThatAreAlike) {
  const std::vector<float> logits(5000, 0.5F);

  const auto candidates = Sampler({.top_p = 0.5}).candidates(logits, {});

  EXPECT_NEAR(static_cast<double>(candidates.size()), 2500, 1);
  EXPECT_EQ(candidates.back().id, static_cast<TokenId>(candidates.size()) - 1);
}

TEST(Sampler, NeverChoosesWhatIsBannedOrImpossible) {
  auto logits = logs({0.5, 0.3, 0.2, 0.1});
  logits[1] = -kInfinity;

  EXPECT_THAT(ids_of(Sampler({}).candidates(logits, {}, std::vector<TokenId>{0})),
              ElementsAre(2, 3));
  EXPECT_EQ(Sampler({.temperature = 0}).choose(logits, {}, 0, std::vector<TokenId>{0}), 2);
  EXPECT_THAT(
      [&] {
        Sampler({}).candidates(logits, {}, std::vector<TokenId>{0, 2, 3});
      },
      ThrowsMessage<Error>(HasSubstr("finds every token impossible")));
}

TEST(Sampler, RefusesLogitsThatAreNoNumbers) {
  for (const float bad : {std::nanf(""), kInfinity}) {
    EXPECT_THAT(
        [&] {
          Sampler({.temperature = 0}).choose(std::vector{1.0F, bad}, {}, 0);
        },
        ThrowsMessage<Error>(HasSubstr("a logit of the model must be a finite number")));
    EXPECT_THROW(log_probability(std::vector{1.0F, bad}, 0), Error);
  }
}

TEST(Sampler, TellsHowLikelyTheModelFoundAToken) {
  EXPECT_NEAR(log_probability(std::vector{500.0F, 500.0F, -kInfinity}, 1), std::log(0.5), 1e-12);
}

}  // namespace
}  // namespace roux
