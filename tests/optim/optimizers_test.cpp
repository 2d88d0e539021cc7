#include "roux/optim/optimizers.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/level_override.h"
#include "optim/newton_schulz.h"
#include "optim/small_model.h"
#include "roux/base/error.h"
#include "support/tensors.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

using Make = std::function<std::unique_ptr<Optimizer>(const OptimizerParts&)>;

// Each, with settings that use all of its code.
std::map<std::string, Make> all_optimizers() {
  return {
      {"adamw",
       [](const OptimizerParts& parts) {
         return make_adamw({.lr = 0.01, .weight_decay = 0.1, .amsgrad = true}, parts);
       }},
      {"adamw8bit",
       [](const OptimizerParts& parts) {
         return make_adamw8bit({.lr = 0.01, .weight_decay = 0.1, .min_8bit_size = 64}, parts);
       }},
      {"sgd",
       [](const OptimizerParts& parts) {
         return make_sgd({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1}, parts);
       }},
      {"lion",
       [](const OptimizerParts& parts) {
         return make_lion({.lr = 0.01, .weight_decay = 0.1}, parts);
       }},
      {"adafactor",
       [](const OptimizerParts& parts) {
         return make_adafactor({.lr = 0.05, .weight_decay = 0.1}, parts);
       }},
      {"muon",
       [](const OptimizerParts& parts) {
         MuonConfig config{.lr = 0.02, .ns_dtype = MuonPrecision::Float32};
         config.adamw.lr = 0.02;
         return make_muon(config, parts);
       }},
      {"muon in bfloat16",
       [](const OptimizerParts& parts) {
         MuonConfig config{.lr = 0.02, .nesterov = false};
         config.adamw.lr = 0.02;
         return make_muon(config, parts);
       }},
  };
}

std::vector<double> step_once(SmallModel& model, Optimizer& optimizer, std::int64_t number) {
  fill_gradients(model, number);
  const std::vector<double> lrs = optimizer.base_lrs();
  optimizer.step({.number = number, .lrs = lrs});
  return lrs;
}

SmallModel ready(at::ScalarType dtype = at::kFloat) {
  SmallModel model(parity_parameters(), dtype);
  model.parameters().allocate_gradients();
  fill_start(model);
  return model;
}

// All parameters' exact values, one after the other.
std::vector<at::Tensor> values_of(const SmallModel& model) {
  std::vector<at::Tensor> values;
  for (const Wanted& each : parity_parameters()) values.push_back(model.exact(each.name).clone());
  return values;
}

void expect_same(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right,
                 const std::string& what) {
  ASSERT_EQ(left.size(), right.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    EXPECT_TRUE(is_same(left[i], right[i])) << what << ", " << parity_parameters()[i].name;
  }
}

class Threads {
 public:
  explicit Threads(int count) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_ = at::get_num_threads();
};

TEST(Optimizers, GiveTheSameBitsOnAnyNumberOfThreads) {
  // Large enough to be shared among threads.
  const std::vector<Wanted> wanted{{"embed", {300, 401}},
                                   {"blocks.0.up", {130, 70}},
                                   {"blocks.1.up", {70, 260}},
                                   {"blocks.1.experts", {3, 90, 20}},
                                   {"blocks.1.bias", {777}}};
  const auto run = [&](const Make& make, int threads) {
    const Threads limit(threads);
    SmallModel model(wanted);
    model.parameters().allocate_gradients();
    const auto optimizer = make({.parameters = model.parameters()});
    const std::vector<double> lrs = optimizer->base_lrs();
    std::vector<at::Tensor> values;
    for (std::int64_t step = 0; step < 3; ++step) {
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto seed = 10 * static_cast<std::uint64_t>(step) + i;
        model.gradient(wanted[i].name).copy_(formula(seed, wanted[i].sizes));
      }
      optimizer->step({.number = step, .lrs = lrs});
    }
    for (const Wanted& each : wanted) values.push_back(model.exact(each.name).clone());
    for (const OptimizerState& state : optimizer->state()) values.push_back(state.value.clone());
    return values;
  };
  for (const auto& [name, make] : all_optimizers()) {
    const auto one = run(make, 1);
    for (const int threads : {2, 3}) {
      const auto several = run(make, threads);
      ASSERT_EQ(one.size(), several.size());
      for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_TRUE(is_same(several[i], one[i])) << name << ", " << threads << " threads, " << i;
      }
    }
  }
}

TEST(Optimizers, GoOnFromTheirStateBitForBit) {
  for (const auto& [name, make] : all_optimizers()) {
    SmallModel whole = ready();
    const auto uninterrupted = make({.parameters = whole.parameters()});
    for (std::int64_t step = 0; step < 3; ++step) step_once(whole, *uninterrupted, step);

    SmallModel resumed = ready();
    for (const Wanted& each : parity_parameters()) {
      resumed.exact(each.name).copy_(whole.exact(each.name));
    }
    const auto after = make({.parameters = resumed.parameters()});
    auto saved = uninterrupted->state();
    auto loaded = after->state();
    ASSERT_EQ(saved.size(), loaded.size()) << name;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      EXPECT_EQ(saved[i].name, loaded[i].name);
      EXPECT_EQ(saved[i].parameter, loaded[i].parameter);
      loaded[i].value.copy_(saved[i].value);
    }
    for (std::int64_t step = 3; step < 6; ++step) {
      step_once(whole, *uninterrupted, step);
      step_once(resumed, *after, step);
    }

    expect_same(values_of(resumed), values_of(whole), name);
  }
}

TEST(Optimizers, LeaveTheGradientsAndScaleThemFirst) {
  for (const auto& [name, make] : all_optimizers()) {
    SmallModel plain = ready();
    SmallModel scaled = ready();
    const auto of_plain = make({.parameters = plain.parameters()});
    const auto of_scaled = make({.parameters = scaled.parameters()});
    const std::vector<double> lrs = of_plain->base_lrs();
    for (std::int64_t step = 0; step < 3; ++step) {
      step_once(plain, *of_plain, step);
      fill_gradients(scaled, step);
      // By a power of two, so that nothing is rounded.
      for (const Wanted& each : parity_parameters()) scaled.gradient(each.name).mul_(4.0);
      const at::Tensor before = scaled.gradient("large").clone();
      of_scaled->step({.number = step, .lrs = lrs, .gradient_scale = 0.25});
      EXPECT_TRUE(is_same(scaled.gradient("large"), before)) << name;
    }

    expect_same(values_of(scaled), values_of(plain), name);
  }
}

TEST(Optimizers, RoundMastersIntoValuesInTheSamePass) {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    for (const auto& [name, make] : all_optimizers()) {
      SmallModel plain = ready();
      SmallModel mixed(parity_parameters());
      mixed.parameters().compute_in(dtype);
      mixed.parameters().allocate_gradients(at::kFloat);
      fill_start(mixed);
      const auto of_plain = make({.parameters = plain.parameters()});
      const auto of_mixed = make({.parameters = mixed.parameters()});
      for (std::int64_t step = 0; step < 3; ++step) {
        step_once(plain, *of_plain, step);
        step_once(mixed, *of_mixed, step);
      }

      expect_same(values_of(mixed), values_of(plain), name);
      for (const Wanted& each : parity_parameters()) {
        EXPECT_TRUE(is_same(mixed.rounded(each.name), mixed.exact(each.name).to(dtype)))
            << name << ", " << each.name;
      }
    }
  }
}

TEST(Optimizers, ReadGradientsOfFewerBits) {
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf}) {
    for (const auto& [name, make] : all_optimizers()) {
      SmallModel narrow(parity_parameters());
      narrow.parameters().allocate_gradients(dtype);
      fill_start(narrow);
      SmallModel wide = ready();
      const auto of_narrow = make({.parameters = narrow.parameters()});
      const auto of_wide = make({.parameters = wide.parameters()});
      const std::vector<double> lrs = of_wide->base_lrs();
      for (std::int64_t step = 0; step < 2; ++step) {
        step_once(narrow, *of_narrow, step);
        for (const Wanted& each : parity_parameters()) {
          wide.gradient(each.name).copy_(narrow.gradient(each.name));
        }
        of_wide->step({.number = step, .lrs = lrs});
      }

      expect_same(values_of(narrow), values_of(wide), name);
    }
  }
}

TEST(Optimizers, KeepTheGapsBetweenParametersZero) {
  for (const auto& [name, make] : all_optimizers()) {
    SmallModel model = ready();
    const auto optimizer = make({.parameters = model.parameters()});
    step_once(model, *optimizer, 0);

    for (const nn::FlatGroup& group : model.parameters().groups()) {
      at::Tensor gaps = group.values.clone();
      for (const nn::FlatEntry& entry : group.entries) nn::entry_of(gaps, entry).zero_();
      EXPECT_TRUE(at::equal(gaps, gaps.new_zeros(gaps.sizes()))) << name;
    }
  }
}

TEST(Optimizers, KeepGapsZeroEvenWithoutAnEpsilon) {
  SmallModel model = ready();
  const auto optimizer = make_adamw({.eps = 0.0}, {.parameters = model.parameters()});
  step_once(model, *optimizer, 0);

  for (const nn::FlatGroup& group : model.parameters().groups()) {
    EXPECT_TRUE(std::isfinite(group.values.sum().item<double>()));
  }
}

TEST(Optimizers, LeaveFrozenParametersAlone) {
  for (const auto& [name, make] : all_optimizers()) {
    SmallModel model(parity_parameters(), at::kFloat, {"embed"});
    model.parameters().allocate_gradients();
    fill_start(model);
    const at::Tensor before = model.exact("embed").clone();
    const auto optimizer = make({.parameters = model.parameters()});
    const std::vector<double> lrs = optimizer->base_lrs();
    optimizer->step({.number = 0, .lrs = lrs});

    EXPECT_TRUE(is_same(model.exact("embed"), before)) << name;
    for (const OptimizerState& state : optimizer->state()) EXPECT_NE(state.parameter, "embed");
  }
}

TEST(Optimizers, DescendOnAQuadratic) {
  for (const auto& [name, make] : all_optimizers()) {
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
      SmallModel model = ready(dtype);
      const auto optimizer = make({.parameters = model.parameters()});
      const std::vector<double> lrs = optimizer->base_lrs();
      const auto loss = [&] {
        double sum = 0.0;
        for (const at::Tensor& value : values_of(model)) {
          sum += value.to(at::kDouble).pow(2).sum().item<double>();
        }
        return sum;
      };
      const double before = loss();
      for (std::int64_t step = 0; step < 30; ++step) {
        for (const Wanted& each : parity_parameters()) {
          model.gradient(each.name).copy_(model.exact(each.name));
        }
        optimizer->step({.number = step, .lrs = lrs});
      }
      EXPECT_LT(loss(), 0.8 * before) << name << " " << name_of(dtype);
    }
  }
}

TEST(Optimizers, WantGradientsAndARateForEachGroup) {
  SmallModel model(parity_parameters());
  const auto optimizer = make_adamw({}, {.parameters = model.parameters()});
  const std::vector<double> lrs{0.1};
  const std::vector<double> too_many{0.1, 0.2};

  EXPECT_THROW(optimizer->step({.lrs = lrs}), InternalError);
  model.parameters().allocate_gradients();
  EXPECT_THROW(optimizer->step({.lrs = too_many}), InternalError);
  EXPECT_NO_THROW(optimizer->step({.lrs = lrs}));
}

// ---- Rounding by chance ----

at::Tensor rounded_once(std::uint64_t seed, std::int64_t step, double value, int threads = 1) {
  const Threads limit(threads);
  SmallModel model({{"a", {37}}, {"b", {100'000}}}, at::kBFloat16);
  model.parameters().allocate_gradients();
  model.exact("b").fill_(1.0);
  model.gradient("b").fill_(1.0);
  const auto optimizer =
      make_sgd({}, {.parameters = model.parameters(), .random = RandomStream(seed, "optimizer")});
  const std::vector<double> lrs{1.0 - value};
  optimizer->step({.number = step, .lrs = lrs});
  return model.exact("b").clone();
}

TEST(StochasticRounding, IsRightOnTheAverage) {
  // bfloat16 has 1 and, below it, 1 - 2^-8; this lies a quarter of the way.
  const at::Tensor rounded = rounded_once(1, 0, 1.0 - 0x1p-10);

  const double share_below = (rounded < 1.0).to(at::kDouble).mean().item<double>();
  EXPECT_TRUE(((rounded == 1.0) | (rounded == 1.0 - 0x1p-8)).all().item<bool>());
  EXPECT_NEAR(share_below, 0.25, 0.005);
}

TEST(StochasticRounding, DrawsForEachStepAndSeedAnew) {
  const at::Tensor first = rounded_once(1, 0, 1.0 - 0x1p-9);

  EXPECT_TRUE(is_same(rounded_once(1, 0, 1.0 - 0x1p-9), first));
  EXPECT_TRUE(is_same(rounded_once(1, 0, 1.0 - 0x1p-9, 3), first));
  EXPECT_FALSE(is_same(rounded_once(1, 1, 1.0 - 0x1p-9), first));
  EXPECT_FALSE(is_same(rounded_once(2, 0, 1.0 - 0x1p-9), first));
}

TEST(StochasticRounding, DrawsByThePlaceInTheWholeModelOnEveryLevel) {
  const RandomStream stream = RandomStream(7, "optimizer").child(3);
  const auto key = stream.key();
  for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
    const ops::LevelOverride override(level);
    const at::Tensor rounded = rounded_once(7, 3, 1.0 - 0x1p-9);
    for (std::int64_t i = 0; i < 5000; ++i) {
      // "b" begins at the next multiple of 256 bytes after "a".
      const std::uint64_t at = 128 + static_cast<std::uint64_t>(i);
      const auto words =
          philox({static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)},
                 {static_cast<std::uint32_t>(at / 8), 0, 0, 0});
      const std::uint32_t half = words.at(at % 8 / 2) >> (16 * (at % 2)) & 0xFFFFU;
      // Half of the way between two numbers: up from the size 0x8000 on.
      const bool is_up = half >= 0x8000U;
      ASSERT_EQ(rounded[i].item<float>(), is_up ? 1.0F : 1.0F - 0x1p-8F) << i;
    }
  }
}

TEST(StochasticRounding, CanBeLeftOut) {
  SmallModel model({{"b", {1000}}}, at::kBFloat16);
  model.parameters().allocate_gradients();
  model.exact("b").fill_(1.0);
  model.gradient("b").fill_(1.0);
  const auto optimizer =
      make_sgd({}, {.parameters = model.parameters(), .stochastic_rounding = false});
  const std::vector<double> lrs{0x1p-10};
  optimizer->step({.lrs = lrs});

  EXPECT_TRUE((model.exact("b") == 1.0).all().item<bool>());
}

TEST(StochasticRounding, LearnsFromStepsThatNearestLoses) {
  const auto value_after = [](bool by_chance) {
    SmallModel model({{"b", {4096}}}, at::kBFloat16);
    model.parameters().allocate_gradients();
    model.exact("b").fill_(1.0);
    model.gradient("b").fill_(1.0);
    const auto optimizer =
        make_sgd({}, {.parameters = model.parameters(), .stochastic_rounding = by_chance});
    const std::vector<double> lrs{0.001};
    for (std::int64_t step = 0; step < 100; ++step) optimizer->step({.number = step, .lrs = lrs});
    return model.exact("b").to(at::kDouble).mean().item<double>();
  };

  EXPECT_EQ(value_after(false), 1.0);
  EXPECT_NEAR(value_after(true), 0.9, 0.005);
}

TEST(StochasticRounding, KeepsInfinityAndNaN) {
  SmallModel model({{"b", {3}}}, at::kBFloat16);
  model.parameters().allocate_gradients();
  const double infinity = std::numeric_limits<double>::infinity();
  model.exact("b")[0] = infinity;
  model.exact("b")[1] = -infinity;
  model.exact("b")[2] = std::nan("");
  const auto optimizer = make_lion({}, {.parameters = model.parameters()});
  const std::vector<double> lrs{0.1};
  optimizer->step({.lrs = lrs});

  EXPECT_EQ(model.exact("b")[0].item<double>(), infinity);
  EXPECT_EQ(model.exact("b")[1].item<double>(), -infinity);
  EXPECT_TRUE(std::isnan(model.exact("b")[2].item<double>()));
}

// ---- States ----

std::vector<std::string> state_lines(Optimizer& optimizer) {
  std::vector<std::string> lines;
  for (const OptimizerState& state : optimizer.state()) {
    lines.push_back(cat(state.parameter, " ", state.name, " ", name_of(state.value.scalar_type()),
                        " ", state.value.sizes()));
  }
  return lines;
}

TEST(OptimizerState, HasTheShapesOfTheParameters) {
  SmallModel model({{"a", {2, 3}}, {"blocks.0.b", {4, 5}}});
  const OptimizerParts parts{.parameters = model.parameters()};

  EXPECT_THAT(
      state_lines(*make_adamw({}, parts)),
      ElementsAre(" step Long []", "a exp_avg float32 [2, 3]", "a exp_avg_sq float32 [2, 3]",
                  "blocks.0.b exp_avg float32 [4, 5]", "blocks.0.b exp_avg_sq float32 [4, 5]"));
  EXPECT_THAT(state_lines(*make_sgd({}, parts)), ElementsAre(" step Long []"));
  EXPECT_THAT(
      state_lines(*make_adafactor({}, parts)),
      ElementsAre(" step Long []", "a row_var float32 [2, 1]", "a col_var float32 [1, 3]",
                  "blocks.0.b row_var float32 [4, 1]", "blocks.0.b col_var float32 [1, 5]"));
  EXPECT_THAT(
      state_lines(*make_muon({}, parts)),
      ElementsAre(" step Long []", "a exp_avg float32 [2, 3]", "a exp_avg_sq float32 [2, 3]",
                  "blocks.0.b momentum_buffer float32 [4, 5]"));
  EXPECT_THAT(
      state_lines(*make_adamw8bit({.min_8bit_size = 20}, parts)),
      UnorderedElementsAre(
          " step Long []", "a exp_avg float32 [2, 3]", "a exp_avg_sq float32 [2, 3]",
          "blocks.0.b exp_avg.codes Byte [4, 5]", "blocks.0.b exp_avg.scales float32 [1]",
          "blocks.0.b exp_avg_sq.codes Byte [4, 5]", "blocks.0.b exp_avg_sq.scales float32 [1]"));
}

TEST(OptimizerState, IsFloat32BesideParametersOfFewerBitsAndFloat64BesideThoseOfMore) {
  SmallModel narrow({{"a", {2}}}, at::kBFloat16);
  SmallModel wide({{"a", {2}}}, at::kDouble);

  EXPECT_THAT(state_lines(*make_lion({}, {.parameters = narrow.parameters()})),
              ElementsAre(" step Long []", "a exp_avg float32 [2]"));
  EXPECT_THAT(state_lines(*make_lion({}, {.parameters = wide.parameters()})),
              ElementsAre(" step Long []", "a exp_avg float64 [2]"));
}

// ---- Muon ----

TEST(Muon, MakesMatricesOrthogonal) {
  const at::Tensor matrix = random_tensor({12, 40}, 3, at::kFloat);
  const at::Tensor found = orthogonalised(matrix, {{3.4445, -4.7750, 2.0315}, 5, 1e-7, at::kFloat});

  const at::Tensor gram = at::mm(found, found.t());
  for (std::int64_t i = 0; i < 12; ++i) {
    for (std::int64_t j = 0; j < 12; ++j) {
      EXPECT_NEAR(gram[i][j].item<double>(), i == j ? 1.0 : 0.0, i == j ? 0.5 : 0.25);
    }
  }
}

TEST(Muon, TakesMatricesOfBlocksAndLeavesTheRestToAdamW) {
  SmallModel model = ready();
  MuonConfig config{.lr = 0.5};
  config.adamw.lr = 0.25;
  const auto optimizer = make_muon(config, {.parameters = model.parameters()});

  EXPECT_THAT(optimizer->base_lrs(), ElementsAre(0.5, 0.25));
}

TEST(Muon, DoesAsItsGroupsSay) {
  SmallModel model = ready();
  MuonConfig config{.lr = 0.5,
                    .groups = {{.params = {"embed", "head"}, .use_muon = true, .lr = 2.0},
                               {.params = {"blocks.0"}, .use_muon = false}}};
  config.adamw.lr = 0.25;
  const auto optimizer = make_muon(config, {.parameters = model.parameters()});

  EXPECT_THAT(optimizer->base_lrs(), ElementsAre(2.0, 0.25, 0.5, 0.25));
  for (const OptimizerState& state : optimizer->state()) {
    const bool by_muon = state.parameter == "embed" || state.parameter == "head" ||
                         state.parameter == "blocks.1.experts";
    EXPECT_EQ(state.name == "momentum_buffer", by_muon) << state.parameter;
  }
}

TEST(Muon, RefusesGroupsThatItCannotUpdateInOneWay) {
  SmallModel model = ready();
  const OptimizerParts parts{.parameters = model.parameters()};

  EXPECT_THAT([&] { make_muon({.groups = {{.params = {"blocks.0"}}}}, parts); },
              ThrowsMessage<ConfigError>(
                  "optimizer.config.groups[0] must hold matrices of blocks, or none, but holds "
                  "blocks.0.up and blocks.0.bias: set its use_muon, or make two of it"));
  EXPECT_THAT([&] { make_muon({.groups = {{.params = {"blocks.0"}, .use_muon = true}}}, parts); },
              ThrowsMessage<ConfigError>(HasSubstr("but holds blocks.0.bias")));
}

TEST(Muon, RefusesAModelThatItHasNothingToDoIn) {
  SmallModel model({{"embed", {10, 8}}});

  EXPECT_THAT([&] { make_muon({}, {.parameters = model.parameters()}); },
              ThrowsMessage<ConfigError>(HasSubstr("no parameter is a matrix of a block")));
}

}  // namespace
}  // namespace roux
