// What a trainer does besides taking steps.

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "roux/base/log.h"
#include "trainer/world.h"

namespace roux {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(Samples, AreWrittenOnTheirScheduleAndTold) {
  TestWorld world;
  int asked = 0;
  world.samples = SampleSchedule{
      .after_n_steps = 6, .every_n_steps = 4, .write = [&] { return cat("text ", ++asked); }};
  run(world);
  ASSERT_EQ(world.memory.texts.size(), 4U);  // 8, 12, 16, 20
  EXPECT_EQ(world.memory.texts.front().step, 8);
  EXPECT_EQ(world.memory.texts.front().name, "samples");
  EXPECT_EQ(world.memory.texts.back().text, "text 4");
}

TEST(Samples, ComeWithEachValidationWhereNoScheduleIsGiven) {
  TestWorld world;
  world.validates = true;
  world.regime.validate_every_n_steps = 8;
  world.samples = SampleSchedule{.write = [] { return std::string("text"); }};
  run(world);
  std::vector<std::int64_t> steps;
  for (const TextRecord& each : world.memory.texts) steps.push_back(each.step);
  EXPECT_THAT(steps, ElementsAre(8, 16, 20));
}

TEST(Export, ComesWithEachCheckpoint) {
  TestWorld world;
  world.exports = true;
  world.regime.checkpoint_every_n_steps = 8;
  run(world);
  EXPECT_THAT(world.exported, ElementsAre(8, 16, 20));
}

TEST(Norms, OfParametersAndUpdatesAreReportedByBlock) {
  TestWorld world;
  world.regime.publish_metrics_every_n_steps = 5;
  world.regime.publish_norms_every_n_steps = 20;
  const at::Tensor weight = run(world);
  EXPECT_NEAR(last(world, "train", "param_norm"), weight.norm().item<double>(), 1e-5);
  EXPECT_NEAR(last(world, "train", "param_norm/outside_blocks"), weight.norm().item<double>(),
              1e-5);
  EXPECT_GT(last(world, "train", "update_norm"), 0.0);
  EXPECT_NEAR(last(world, "train", "update_ratio"),
              last(world, "train", "update_norm") / last(world, "train", "param_norm"), 1e-9);
  for (const MetricRecord& each : world.memory.records) {
    for (const MetricValue& value : each.values) {
      if (value.name == "param_norm") {
        EXPECT_EQ(each.step, 20);
      }
    }
  }
}

TEST(Profile, OfChosenStepsIsWritten) {
  TestWorld world;
  world.profiler = {.enabled = true, .skip_n_steps = 4, .num_active_steps = 3};
  run(world);
  EXPECT_TRUE(std::filesystem::exists(world.folder.path() / "profile" / "steps_6-8.json"));
  EXPECT_TRUE(std::filesystem::exists(world.folder.path() / "profile" / "steps_6-8.txt"));
}

TEST(ModelOnly, CheckpointsHoldTheModelAndARunDoesNotGoOnFromThem) {
  TestWorld world;
  world.averages = true;
  world.regime.save_model_only = true;
  {
    Process process(world);
    process.to_its_end();
    std::vector<std::string> names;
    for (const auto& info : process.store().at(20).tensors()) names.push_back(info.name);
    EXPECT_THAT(names, ElementsAre("model/weight")) << "the average, which stands for it";
  }
  EXPECT_THAT([&] { run(world); }, ThrowsMessage<ConfigError>(HasSubstr("model.path")));
}

TEST(LossSpike, IsTold) {
  const auto warnings = [](std::optional<double> factor) {
    TestWorld world;
    world.regime = {.num_steps = 80};
    world.config.loss_spike_factor = factor;
    world.change = [](std::int64_t batch, const at::Tensor& loss) {
      return batch == 70 ? loss + 1e6 : loss;
    };
    ::testing::internal::CaptureStderr();
    run(world);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(warnings(2.0), HasSubstr("step 71: the loss is"));
  EXPECT_THAT(warnings(std::nullopt), Not(HasSubstr("the loss is")));
}

// A loss so large that its gradient overflows float16, unless it is scaled down.
SquaredError::Change too_large(double factor) {
  return [factor](std::int64_t batch, const at::Tensor& loss) {
    return batch == 3 ? loss * factor : loss;
  };
}

TEST(Float16, LowersTheLossScaleWhereGradientsOverflow) {
  TestWorld world;
  world.computes_in = at::kHalf;
  world.config.fp16_loss_scale = {1024.0, 1.0};
  world.config.max_skipped_steps = 0;  // an overflow is none of those
  world.regime.publish_metrics_every_n_steps = 20;
  world.change = too_large(1e36);
  const at::Tensor weight = run(world);
  EXPECT_TRUE(weight.isfinite().all().item<bool>());
  EXPECT_EQ(last(world, "train", "skipped_steps"), 1.0);
  EXPECT_EQ(last(world, "train", "loss_scale"), 512.0);
}

TEST(Float16, LearnsWhatFloat32Does) {
  TestWorld half;
  half.computes_in = at::kHalf;
  half.regime = {.num_steps = 20, .publish_metrics_every_n_steps = 1};
  run(half);
  TestWorld exact;
  exact.regime = {.num_steps = 20, .publish_metrics_every_n_steps = 1};
  run(exact);
  EXPECT_NEAR(last(half, "train", "loss"), last(exact, "train", "loss"),
              0.02 * last(exact, "train", "loss"));
  EXPECT_NEAR(last(half, "train", "grad_norm"), last(exact, "train", "grad_norm"),
              0.02 * last(exact, "train", "grad_norm"));
}

TEST(Float16, GoesOnWithTheScaleThatItHad) {
  TestWorld world;
  world.computes_in = at::kHalf;
  world.config.fp16_loss_scale = {1024.0, 1.0};
  world.regime.publish_metrics_every_n_steps = 20;
  world.change = too_large(1e36);
  world.stop_after = 10;
  run(world);
  world.stop_after = -1;
  world.change = {};
  run(world);
  EXPECT_EQ(last(world, "train", "loss_scale"), 512.0);
}

TEST(Float16, EndsWhereNoScaleIsLowEnough) {
  TestWorld world;
  world.computes_in = at::kHalf;
  world.config.fp16_loss_scale = {4.0, 1.0};
  world.change = [](std::int64_t, const at::Tensor& loss) { return loss * 1e37; };
  EXPECT_THAT([&] { run(world); }, ThrowsMessage<Error>(HasSubstr("trainer.fp16_loss_scale")));
}

TEST(Time, OfAllStartsIsReported) {
  TestWorld world;
  world.regime.publish_metrics_every_n_steps = 1;
  world.stop_after = 10;
  run(world);
  const double first = last(world, "train", "total_time");
  world.stop_after = -1;
  run(world);
  EXPECT_GT(last(world, "train", "total_time"), first);
  EXPECT_GT(last(world, "train", "total_time"), last(world, "train", "wall_time"));
}

}  // namespace
}  // namespace roux
