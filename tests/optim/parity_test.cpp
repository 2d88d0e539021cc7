// Every optimizer against what others made of the same numbers (tools/parity.d/optimizers.py).
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/level_override.h"
#include "optim/small_model.h"
#include "roux/model/safetensors.h"
#include "roux/optim/optimizers.h"
#include "support/tensors.h"

namespace roux {
namespace {

using Make = std::function<std::unique_ptr<Optimizer>(const OptimizerParts&)>;

constexpr std::int64_t kSteps = 20;

at::Tensor expected(const std::string& name) {
  static const SafetensorsReader reader(ROUX_OPTIM_FIXTURES "/optimizers.safetensors");
  const StoredTensor& stored = reader.at(name);
  at::Tensor value =
      at::empty(stored.shape, stored.stored_dtype == "F64" ? at::kDouble : at::kFloat);
  reader.read_bytes(stored, 0, {static_cast<std::byte*>(value.mutable_data_ptr()), value.nbytes()});
  return value;
}

// Takes the steps, with rates that fall as the reference's do.
void train(SmallModel& model, const Make& make) {
  const auto optimizer = make({.parameters = model.parameters()});
  for (std::int64_t step = 0; step < kSteps; ++step) {
    fill_gradients(model, step);
    std::vector<double> lrs = optimizer->base_lrs();
    for (double& lr : lrs) lr *= 1.0 - 0.03 * static_cast<double>(step);
    optimizer->step({.number = step, .lrs = lrs});
  }
}

SmallModel trained(const std::vector<Wanted>& wanted, at::ScalarType dtype, const Make& make) {
  SmallModel model(wanted, dtype);
  model.parameters().allocate_gradients();
  fill_start(model);
  train(model, make);
  return model;
}

// On every level that this CPU has.
void expect_parity(const std::string& name, const Make& make,
                   const Tolerance& tolerance = {.absolute = 2e-6, .relative = 2e-6},
                   at::ScalarType dtype = at::kFloat) {
  for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
    const ops::LevelOverride override(level);
    const SmallModel model = trained(small_parity_parameters(), dtype, make);
    for (const Wanted& each : small_parity_parameters()) {
      EXPECT_TRUE(is_close(model.exact(each.name), expected(name + "/" + each.name), tolerance))
          << name << ", " << each.name << ", " << ops::to_string(level);
    }
  }
}

constexpr Tolerance kDouble{.absolute = 1e-13, .relative = 1e-13};

AdamWConfig adamw() {
  return {.lr = 0.01, .betas = {0.9, 0.99}, .weight_decay = 0.1};
}

TEST(OptimizerParity, AdamWIsPyTorchs) {
  expect_parity("adamw/plain", [](const auto& parts) { return make_adamw(adamw(), parts); });
}

TEST(OptimizerParity, AdamWIsPyTorchsInFloat64) {
  expect_parity(
      "adamw/float64", [](const auto& parts) { return make_adamw(adamw(), parts); }, kDouble,
      at::kDouble);
}

TEST(OptimizerParity, AmsgradAndAscentArePyTorchs) {
  AdamWConfig config = adamw();
  config.amsgrad = true;
  config.maximize = true;
  config.eps = 1e-3;

  expect_parity("adamw/amsgrad", [&](const auto& parts) { return make_adamw(config, parts); });
}

TEST(OptimizerParity, AdamWsGroupsArePyTorchs) {
  AdamWConfig config = adamw();
  config.groups = {{.params = {".*bias"}, .betas = {{0.8, 0.95}}, .eps = 1e-4, .weight_decay = 0.0},
                   {.params = {"blocks.1"}, .lr = 0.002}};

  expect_parity("adamw/groups", [&](const auto& parts) { return make_adamw(config, parts); });
}

TEST(OptimizerParity, SgdIsPyTorchs) {
  const SgdConfig plain{.lr = 0.1, .weight_decay = 0.01, .maximize = true};
  const SgdConfig momentum{.lr = 0.1, .momentum = 0.9, .dampening = 0.2, .weight_decay = 0.01};
  const SgdConfig nesterov{.lr = 0.1,
                           .momentum = 0.9,
                           .weight_decay = 0.01,
                           .nesterov = true,
                           .groups = {{.params = {".*bias"}, .momentum = 0.5, .weight_decay = 0.0},
                                      {.params = {"blocks.1"}, .lr = 0.002}}};

  expect_parity("sgd/plain", [&](const auto& parts) { return make_sgd(plain, parts); });
  expect_parity("sgd/momentum", [&](const auto& parts) { return make_sgd(momentum, parts); });
  expect_parity("sgd/nesterov", [&](const auto& parts) { return make_sgd(nesterov, parts); });
}

TEST(OptimizerParity, SgdIsPyTorchsInFloat64) {
  const SgdConfig config{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01};

  expect_parity(
      "sgd/float64", [&](const auto& parts) { return make_sgd(config, parts); }, kDouble,
      at::kDouble);
}

TEST(OptimizerParity, LionIsItsPapers) {
  const LionConfig plain{.lr = 0.01, .weight_decay = 0.1};
  LionConfig groups = plain;
  groups.groups = {{.params = {".*bias"}, .betas = {{0.5, 0.8}}, .weight_decay = 0.0},
                   {.params = {"blocks.1"}, .lr = 0.002}};

  expect_parity("lion/plain", [&](const auto& parts) { return make_lion(plain, parts); });
  expect_parity("lion/groups", [&](const auto& parts) { return make_lion(groups, parts); });
  expect_parity(
      "lion/float64", [&](const auto& parts) { return make_lion(plain, parts); }, kDouble,
      at::kDouble);
}

TEST(OptimizerParity, AdafactorIsPyTorchs) {
  const AdafactorConfig plain;
  AdafactorConfig groups{.lr = 0.05, .eps = {1e-2, 1e-2}, .weight_decay = 0.1, .maximize = true};
  groups.groups = {{.params = {".*bias"}, .beta2_decay = -0.5, .d = 0.3, .weight_decay = 0.0},
                   {.params = {"blocks.1"}, .lr = 0.002}};

  expect_parity("adafactor/plain", [&](const auto& parts) { return make_adafactor(plain, parts); });
  expect_parity("adafactor/groups",
                [&](const auto& parts) { return make_adafactor(groups, parts); });
  expect_parity(
      "adafactor/float64", [&](const auto& parts) { return make_adafactor(plain, parts); },
      {.absolute = 1e-12, .relative = 1e-12}, at::kDouble);
}

MuonConfig muon() {
  MuonConfig config{.lr = 0.02, .ns_dtype = MuonPrecision::Float32};
  config.adamw.lr = 0.003;
  return config;
}

TEST(OptimizerParity, MuonIsPyTorchsWithAnExactIteration) {
  expect_parity("muon/float32", [](const auto& parts) { return make_muon(muon(), parts); },
                {.absolute = 2e-5, .relative = 2e-5});
}

TEST(OptimizerParity, MuonWithTheRatesOfAdamWIsPyTorchs) {
  MuonConfig config = muon();
  config.adjust_lr_fn = MuonLrAdjustment::MatchRmsAdamW;
  config.nesterov = false;

  expect_parity("muon/match_rms", [&](const auto& parts) { return make_muon(config, parts); },
                {.absolute = 2e-5, .relative = 2e-5});
}

TEST(OptimizerParity, MuonIsPyTorchsInBFloat16) {
  MuonConfig config = muon();
  config.ns_dtype = MuonPrecision::BFloat16;

  // 20 steps of about 0.02, each with the error of bfloat16's 8 bits.
  expect_parity("muon/bfloat16", [&](const auto& parts) { return make_muon(config, parts); },
                {.absolute = 4e-3});
}

TEST(OptimizerParity, AdamWIn8BitsIsTorchaos) {
  const AdamW8bitConfig config{.lr = 0.01, .weight_decay = 0.1};
  const std::vector<Wanted> wanted{parity_parameters().front(), parity_parameters().back()};
  for (const ops::CpuLevel level : ops::levels_of_this_cpu()) {
    const ops::LevelOverride override(level);
    const SmallModel model = trained(
        wanted, at::kFloat, [&](const auto& parts) { return make_adamw8bit(config, parts); });

    EXPECT_TRUE(is_close(model.exact("embed"), expected("adamw8bit/plain/embed"),
                         {.absolute = 2e-6, .relative = 2e-6}));
    // A number that falls between two codes may get the other one: a few parameters differ.
    const at::Tensor off =
        (model.exact("large") - expected("adamw8bit/plain/large")).abs().to(at::kDouble);
    EXPECT_LE((off > 1e-5).sum().item<std::int64_t>(), 25) << ops::to_string(level);
    EXPECT_LE(off.max().item<double>(), 0.02) << ops::to_string(level);
  }
}

}  // namespace
}  // namespace roux
