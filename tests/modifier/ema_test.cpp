#include "roux/modifier/ema.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>

#include "nn/small_modules.h"
#include "support/config_text.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// How numbers are kept and computed with.
struct Numbers {
  const char* name;
  at::ScalarType kept;
  at::ScalarType computed;
};

constexpr Numbers kFloat32{"Float32", at::kFloat, at::kFloat};
constexpr Numbers kMasters{"BFloat16WithMasters", at::kFloat, at::kBFloat16};
constexpr Numbers kBFloat16{"BFloat16Alone", at::kBFloat16, at::kBFloat16};

// A model whose weights move, and its average. A frozen part and a foreign one are among them.
struct AveragedRun {
  explicit AveragedRun(const Numbers& numbers,
                       const EmaConfig& config = {.decay = 0.9, .warmup = false})
      : ema(make_ema(config)) {
    if (numbers.kept != at::kFloat) nn::set_dtype(tower, numbers.kept);
    at::Tensor(tower.first->shift()).set_requires_grad(false);
    flat = std::make_unique<nn::FlatParameters>(tower);
    flat->materialise(at::kCPU);
    flat->initialise(RandomStream(1, "model"));
    flat->compute_in(numbers.computed);
    ema->parameters_ready(*flat);
  }

  // One step moves each weight by a little of its own.
  void step(std::int64_t number, bool skipped = false) {
    const at::NoGradGuard no_gradients;
    if (!skipped) {
      for (const nn::FlatGroup& group : flat->groups()) {
        if (!group.trainable) continue;
        const auto seed = static_cast<std::uint64_t>(number);
        const at::Tensor move = random_tensor({group.numel}, seed, at::kFloat) * 0.1;
        at::Tensor(group.exact()).add_(move.to(group.exact().scalar_type()));
      }
      flat->round_masters();
    }
    ema->step_ends(number, skipped);
  }

  // What the model computes with, what is kept, and the average.
  std::map<std::string, at::Tensor> values() const { return of(&nn::FlatGroup::values); }
  std::map<std::string, at::Tensor> exact() const {
    std::map<std::string, at::Tensor> all;
    for (const nn::FlatGroup& group : flat->groups()) {
      for (const nn::FlatEntry& entry : group.entries) {
        all[entry.name] = nn::entry_of(group.exact(), entry).clone();
      }
    }
    return all;
  }
  std::map<std::string, at::Tensor> average() const {
    std::map<std::string, at::Tensor> all;
    for (const ModifierTensor& each : ema->state()) {
      EXPECT_TRUE(each.name.starts_with(kUsedPrefix)) << "which readers of checkpoints look for";
      all[each.name.substr(kUsedPrefix.size())] = each.value.clone();
    }
    return all;
  }

  nn::Tower tower;
  std::unique_ptr<Modifier> ema;
  std::unique_ptr<nn::FlatParameters> flat;

 private:
  std::map<std::string, at::Tensor> of(at::Tensor nn::FlatGroup::*buffer) const {
    std::map<std::string, at::Tensor> all;
    for (const nn::FlatGroup& group : flat->groups()) {
      for (const nn::FlatEntry& entry : group.entries) {
        all[entry.name] = nn::entry_of(group.*buffer, entry).clone();
      }
    }
    return all;
  }
};

void expect_same(const std::map<std::string, at::Tensor>& actual,
                 const std::map<std::string, at::Tensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, value] : expected) EXPECT_TRUE(is_same(actual.at(name), value)) << name;
}

class Ema : public ::testing::TestWithParam<Numbers> {};

INSTANTIATE_TEST_SUITE_P(All, Ema, ::testing::Values(kFloat32, kMasters, kBFloat16),
                         [](const auto& test) { return test.param.name; });

TEST_P(Ema, IsTheAverageOfWhatIsTrained) {
  AveragedRun run(GetParam());
  std::map<std::string, at::Tensor> expected;
  for (const auto& [name, value] : run.exact()) expected[name] = value.to(at::kDouble);

  for (std::int64_t step = 0; step < 20; ++step) {
    run.step(step);
    for (const auto& [name, value] : run.exact()) {
      expected[name] = expected[name] * 0.9 + value.to(at::kDouble) * 0.1;
    }
  }

  const auto average = run.average();
  EXPECT_EQ(average.count("first.shift"), 0U) << "frozen";
  // A foreign module's parameter stays float32 where others are kept in bfloat16.
  EXPECT_EQ(average.size(), 6U);
  for (const auto& [name, value] : average) {
    EXPECT_TRUE(is_close(value, expected.at(name).to(at::kFloat), {.absolute = 1e-6})) << name;
  }
}

TEST_P(Ema, StandsForTheModelWhileItIsUsedAndLeavesNoTrace) {
  AveragedRun run(GetParam());
  for (std::int64_t step = 0; step < 3; ++step) run.step(step);
  const auto values = run.values();
  const auto exact = run.exact();
  const auto average = run.average();

  run.ema->use_begins();
  const auto used = run.values();
  run.ema->use_ends();

  for (const auto& [name, value] : average) {
    EXPECT_TRUE(is_same(used.at(name), value.to(used.at(name).scalar_type()))) << name;
    EXPECT_FALSE(is_same(used.at(name), values.at(name))) << name;
  }
  EXPECT_TRUE(is_same(used.at("first.shift"), values.at("first.shift")));
  expect_same(run.values(), values);
  expect_same(run.exact(), exact);
  expect_same(run.average(), average);
}

TEST_P(Ema, GoesOnTheSameFromItsState) {
  AveragedRun run(GetParam());
  for (std::int64_t step = 0; step < 4; ++step) run.step(step);
  AveragedRun later(GetParam());
  {
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < run.flat->groups().size(); ++i) {
      const auto& from = run.flat->groups()[i];
      at::Tensor(later.flat->groups()[i].exact()).copy_(from.exact());
    }
    later.flat->round_masters();
    const auto saved = run.average();
    for (const ModifierTensor& each : later.ema->state()) {
      at::Tensor(each.value).copy_(saved.at(each.name.substr(kUsedPrefix.size())));
    }
  }

  for (AveragedRun* each : {&run, &later}) {
    each->step(4);
    each->ema->use_begins();
    each->ema->use_ends();
    each->step(5);
  }

  expect_same(later.average(), run.average());
  expect_same(later.exact(), run.exact());
}

// Nearly all of the difference to a weight of 1 is lost where the average is rounded to bfloat16.
TEST(EmaOfBFloat16, DoesNotRoundItsSmallStepsAway) {
  AveragedRun run(kBFloat16, {.decay = 0.999, .warmup = false});
  const at::NoGradGuard no_gradients;
  for (const nn::FlatGroup& group : run.flat->groups()) group.values.fill_(1.0);
  run.ema->parameters_ready(*run.flat);
  for (const nn::FlatGroup& group : run.flat->groups()) group.values.fill_(2.0);

  for (std::int64_t step = 0; step < 1000; ++step) run.ema->step_ends(step, false);

  // 2 - 0.999^1000.
  EXPECT_NEAR(run.average().at("blocks.0.scale")[0].item<float>(), 1.6323F, 1e-3F);
}

TEST(EmaWithWarmup, ForgetsTheFirstStepsFaster) {
  AveragedRun run(kFloat32, {.decay = 0.5, .warmup = true});
  at::Tensor expected = run.exact().at("blocks.1.scale").to(at::kDouble);

  for (std::int64_t step = 0; step < 12; ++step) {
    run.step(step);
    // 0.1, 2/11, 3/12 … up to the half, which is reached at the ninth step.
    const double number = static_cast<double>(step) + 1.0;
    const double decay = std::min(0.5, number / (number + 9.0));
    expected = expected * decay + run.exact().at("blocks.1.scale").to(at::kDouble) * (1.0 - decay);
  }

  EXPECT_TRUE(
      is_close(run.average().at("blocks.1.scale"), expected.to(at::kFloat), {.absolute = 1e-6}));
}

TEST(EmaWithWarmup, TakesNearlyAllOfTheFirstStep) {
  AveragedRun run(kFloat32, {.decay = 0.999, .warmup = true});
  const at::Tensor before = run.exact().at("blocks.1.scale");

  run.step(0);

  const at::Tensor after = run.exact().at("blocks.1.scale");
  EXPECT_TRUE(
      is_close(run.average().at("blocks.1.scale"), before * 0.1 + after * 0.9, {.absolute = 1e-6}));
}

TEST(EmaOfSkippedSteps, StaysAsItIs) {
  AveragedRun run(kFloat32);
  run.step(0);
  const auto average = run.average();

  run.step(1, /*skipped=*/true);

  expect_same(run.average(), average);
}

TEST(EmaConfig, RefusesToForgetNothing) {
  EXPECT_THAT(problems_of(EmaConfig{.decay = 1.0}), ElementsAre(HasSubstr("decay")));
}

}  // namespace
}  // namespace roux
