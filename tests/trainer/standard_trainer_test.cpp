#include "roux/trainer/standard_trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "trainer/world.h"

namespace roux {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(StandardTrainer, Learns) {
  TestWorld world;
  world.regime = {.num_steps = 300};
  world.regime.publish_metrics_every_n_steps = 1;
  run(world);
  double first = 0.0;
  for (const MetricValue& each : world.memory.records.front().values) {
    if (each.name == "loss") first = each.value;
  }
  EXPECT_LT(last(world, "train", "loss"), 0.5 * first);
}

TEST(StandardTrainer, ReportsValidatesAndSavesWhenTheRegimeSays) {
  TestWorld world;
  world.validates = true;
  world.regime.validate_at_start = true;
  world.regime.publish_metrics_every_n_steps = 4;
  world.regime.validate_after_n_steps = 5;
  world.regime.validate_every_n_steps = 8;
  world.regime.checkpoint_every_n_steps = 8;
  Process process(world);
  process.to_its_end();
  EXPECT_THAT(world.memory.steps("train"), ElementsAre(4, 8, 12, 16, 20));
  EXPECT_THAT(world.memory.steps("valid"), ElementsAre(0, 8, 16, 20)) << "and at the end";
  EXPECT_THAT(process.store().steps(), ElementsAre(8, 16, 20));
}

TEST(StandardTrainer, CountsByEpochsToo) {
  TestWorld world;
  world.regime = {.num_data_epochs = 3};
  world.regime.publish_metrics_every_n_data_epochs = 1;
  world.regime.checkpoint_every_n_data_epochs = 2;
  Process process(world);
  process.to_its_end();
  EXPECT_THAT(world.memory.steps("train"), ElementsAre(7, 14, 21));
  EXPECT_THAT(process.store().steps(), ElementsAre(14, 21));
}

TEST(StandardTrainer, GoesOnToTheLastBitWhereverItWasStopped) {
  const auto prepare = [](TestWorld& world) {
    world.validates = true;
    world.averages = true;
    world.batches_a_step = 2;
    world.regime.publish_metrics_every_n_steps = 3;
    world.regime.validate_every_n_steps = 6;
    world.regime.checkpoint_every_n_steps = 5;
  };
  TestWorld whole;
  prepare(whole);
  const at::Tensor expected = run(whole);
  for (std::int64_t stop = 1; stop < 40; ++stop) {
    TestWorld stopped;
    prepare(stopped);
    stopped.stop_after = stop;
    run(stopped);
    stopped.stop_after = -1;
    Process second(stopped);
    second.to_its_end();
    EXPECT_TRUE(second.resumed());
    EXPECT_TRUE(at::equal(second.weight(), expected)) << "stopped in batch " << stop;
    EXPECT_EQ(stopped.memory.numbers(), whole.memory.numbers()) << "stopped in batch " << stop;
  }
}

TEST(StandardTrainer, IsOverWhenItIsBegunAgain) {
  TestWorld world;
  world.regime.publish_metrics_every_n_steps = 10;
  const at::Tensor weight = run(world);
  EXPECT_TRUE(at::equal(run(world), weight));
  EXPECT_THAT(world.memory.steps("train"), ElementsAre(10, 20));

  world.regime = {.num_data_epochs = 3};
  run(world);
  const at::Tensor epochs = run(world);
  EXPECT_FALSE(at::equal(epochs, weight)) << "goes on to the end of the epoch";
  EXPECT_TRUE(at::equal(run(world), epochs));
}

TEST(StandardTrainer, TakesFourBatchesForOneStepAsOneOfFourTimesTheSize) {
  // The same points: 1, 2, 3 and 4 of them a batch, or all ten at once.
  class Joined final : public BatchReader<Points> {
   public:
    void begin_epoch(std::int64_t epoch) override { parts_.begin_epoch(epoch); }
    std::vector<Points> next_step() override {
      const auto parts = parts_.next_step();
      if (parts.empty()) return {};
      std::vector<at::Tensor> x;
      std::vector<at::Tensor> y;
      for (const Points& part : parts) {
        x.push_back(part.x);
        y.push_back(part.y);
      }
      return {{at::cat(x), at::cat(y)}};
    }
    Places save() const override { return parts_.save(); }
    void load(const Places& places) override { parts_.load(places); }

   private:
    PointReader parts_{100, 4};
  };
  TestWorld apart;
  apart.config.max_grad_norm = 0.5;
  apart.batches_a_step = 4;
  apart.steps_an_epoch = 100;
  const at::Tensor expected = run(apart);

  TestWorld world;
  world.config.max_grad_norm = 0.5;
  Weights weights;
  nn::FlatParameters flat(weights);
  flat.materialise(at::kCPU);
  flat.initialise(RandomStream(1, "model"));
  CheckpointStore store(world.folder.path() / "checkpoints", {});
  const auto optimizer = make_adamw({.lr = 0.05, .weight_decay = 0.01}, {flat});
  const auto scheduler = make_cosine_annealing({.num_warmup_steps = 3}, optimizer->base_lrs(), 20);
  const StopRequest stop;
  Meeting meeting({}, std::chrono::seconds(1));
  const Gangs gangs = make_fake_gangs();
  const auto trainer = make_standard_trainer(
      {.regime = world.regime,
       .config = world.config,
       .parameters = flat,
       .optimizer = *optimizer,
       .lr_scheduler = *scheduler,
       .checkpoints = store,
       .stop = stop,
       .meeting = meeting,
       .gangs = gangs,
       .recorder = world.memory},
      make_source<Points>(std::make_unique<SquaredError>(weights), std::make_unique<Joined>()), {});
  trainer->setup();
  trainer->train();
  EXPECT_LT((weights.weight().detach() - expected).abs().max().item<double>(), 1e-5);
}

TEST(StandardTrainer, SkipsAStepThatIsNotFiniteAndCountsIt) {
  TestWorld clean;
  clean.regime.publish_metrics_every_n_steps = 20;
  TestWorld broken;
  broken.regime.publish_metrics_every_n_steps = 20;
  broken.change = [](std::int64_t batch, const at::Tensor& loss) {
    return batch == 5 ? loss * std::numeric_limits<double>::quiet_NaN() : loss;
  };
  const at::Tensor weight = run(broken);
  EXPECT_TRUE(weight.isfinite().all().item<bool>());
  EXPECT_EQ(last(broken, "train", "skipped_steps"), 1.0);
  EXPECT_TRUE(std::isfinite(last(broken, "train", "loss"))) << "its loss counts for nothing";
  EXPECT_FALSE(at::equal(weight, run(clean)));
}

TEST(StandardTrainer, EndsWhereTooManyStepsInARowAreNotFinite) {
  TestWorld world;
  world.config.max_skipped_steps = 2;
  world.change = [](std::int64_t batch, const at::Tensor& loss) {
    return batch >= 5 ? loss * std::numeric_limits<double>::infinity() : loss;
  };
  EXPECT_THAT([&] { run(world); },
              ThrowsMessage<Error>(AllOf(HasSubstr("step 8"), HasSubstr("3 steps in a row"),
                                         HasSubstr("max_skipped_steps"))));
}

TEST(StandardTrainer, KeepsTheBestByScoreAndStopsWhenItGetsNoBetter) {
  TestWorld world;
  world.validates = true;
  world.regime = {.num_steps = 1000};
  world.regime.score_metric = "loss";
  world.regime.early_stopping_patience = 3;
  world.regime.validate_every_n_steps = 5;
  world.regime.checkpoint_every_n_steps = 5;
  world.regime.keep_best_n_checkpoints = 1;
  world.change = [](std::int64_t batch, const at::Tensor& loss) {
    return batch < 20 ? loss : -loss;  // and from there on it unlearns
  };
  Process process(world);
  process.to_its_end();
  std::int64_t best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const MetricRecord& each : world.memory.records) {
    if (each.category != "valid" || each.values.front().value >= least) continue;
    least = each.values.front().value;
    best = each.step;
  }
  EXPECT_EQ(process.store().best_step(), best);
  EXPECT_THAT(process.store().steps(), ElementsAre(best, best + 15)) << "the best and the last";
}

TEST(StandardTrainer, RefusesAScoreThatNobodyReports) {
  TestWorld world;
  world.validates = true;
  world.regime.validate_every_n_steps = 5;
  world.regime.score_metric = "accuracy";
  EXPECT_THAT([&] { run(world); },
              ThrowsMessage<ConfigError>(AllOf(HasSubstr("must be one of loss"),
                                               HasSubstr("\"accuracy\""), HasSubstr("step 5"))));
  world.regime.score_metric = "loss";
  {
    Process second(world);
    second.to_its_end();
    EXPECT_TRUE(second.resumed()) << "nothing was lost";
  }

  world.validates = false;
  EXPECT_THAT([&] { run(world); }, ThrowsMessage<ConfigError>(HasSubstr("nothing is validated")));
}

TEST(StandardTrainer, SavesWhatIsTrainedAndNotTheAverageBeforeItRefusesAScore) {
  TestWorld whole;
  whole.averages = whole.validates = true;
  whole.regime.validate_every_n_steps = 5;
  const at::Tensor expected = run(whole);

  TestWorld refused;
  refused.averages = refused.validates = true;
  refused.regime.validate_every_n_steps = 5;
  refused.regime.score_metric = "accuracy";
  EXPECT_THROW(run(refused), ConfigError);
  refused.regime.score_metric.reset();
  EXPECT_TRUE(at::equal(run(refused), expected));
}

TEST(StandardTrainer, ValidatesWithTheAverageAndTrainsOnWithoutIt) {
  TestWorld plain;
  TestWorld averaged;
  averaged.averages = averaged.validates = true;
  averaged.regime.validate_every_n_steps = 5;
  EXPECT_TRUE(at::equal(run(averaged), run(plain)));
  TestWorld other;
  other.validates = true;
  other.regime.validate_every_n_steps = 5;
  run(other);
  EXPECT_NE(last(averaged, "valid", "loss"), last(other, "valid", "loss"));
}

TEST(StandardTrainer, EndsWellWhenItsTimeIsOver) {
  TestWorld world;
  world.regime = {.num_steps = 1'000'000'000};
  world.regime.max_wall_time = std::chrono::milliseconds(200);
  Process process(world);
  process.to_its_end();
  EXPECT_FALSE(StopRequest().requested()) << "nobody asked for it";
  ASSERT_EQ(process.store().steps().size(), 1U);
  EXPECT_GT(process.store().steps().front(), 0);
}

TEST(StandardTrainer, RefusesToGoOnAsAnotherRun) {
  TestWorld world;
  run(world);
  world.config_text = "[model]\nname = \"others\"\n";
  EXPECT_THAT(
      [&] { run(world); },
      ThrowsMessage<ConfigError>(HasSubstr("model.name: it was \"points\", and is \"others\"")));
}

TEST(StandardTrainer, SaysOfDataThatIsNoneThatThereIsNone) {
  TestWorld world;
  world.steps_an_epoch = 0;
  EXPECT_THAT([&] { run(world); }, ThrowsMessage<DataError>(HasSubstr("not a single batch")));
}

}  // namespace
}  // namespace roux
