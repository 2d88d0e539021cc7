#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "roux/base/error.h"
#include "roux/base/temporary_folder.h"
#include "roux/modifier/ema.h"
#include "roux/optim/lr_schedulers.h"
#include "roux/optim/optimizers.h"
#include "roux/trainer/standard_trainer.h"
#include "trainer/regression.h"

namespace roux {

// Remembers what it was told, as an output folder would.
class Memory final : public MetricRecorder {
 public:
  void begin(std::int64_t step) override {
    std::erase_if(records, [&](const MetricRecord& each) { return each.step > step; });
  }
  void record(const MetricRecord& record) override { records.push_back(record); }
  void record_text(const TextRecord& record) override { texts.push_back(record); }

  std::vector<std::int64_t> steps(const std::string& category) const {
    std::vector<std::int64_t> steps;
    for (const MetricRecord& each : records) {
      if (each.category == category) steps.push_back(each.step);
    }
    return steps;
  }

  // All numbers that are no times.
  std::vector<std::string> numbers() const {
    std::vector<std::string> lines;
    for (const MetricRecord& each : records) {
      std::string line = cat(each.category, ' ', each.step, ' ', each.data_epoch.value_or(0));
      for (const MetricValue& value : each.values) {
        if (value.name.ends_with("_time") || value.name.ends_with("per_second") ||
            value.name == "data_wait_share" || value.name == "peak_mem_bytes") {
          continue;
        }
        line += cat(' ', value.name, '=', value.value);
      }
      lines.push_back(line);
    }
    return lines;
  }

  std::vector<MetricRecord> records;
  std::vector<TextRecord> texts;
};

// What a run is made of, and the folder that outlives it.
struct TestWorld {
  TemporaryFolder folder;
  Memory memory;
  RegimeConfig regime{.num_steps = 20};
  TrainerConfig config;
  std::string config_text = "[model]\nname = \"points\"\n";
  std::int64_t steps_an_epoch = 7;
  std::int64_t batches_a_step = 1;
  bool validates = false;
  bool averages = false;
  SquaredError::Change change;
  std::int64_t stop_after = -1;  // steps
  std::optional<SampleSchedule> samples;
  std::vector<std::int64_t> exported;  // steps
  bool exports = false;
  TorchProfilerConfig profiler;
  at::ScalarType computes_in = at::kFloat;
};

// One process of a run.
class Process {
 public:
  explicit Process(TestWorld& world)
      : world_(world),
        flat_(weights_),
        store_(world.folder.path() / "checkpoints", retention_of(world.regime)) {
    flat_.materialise(at::kCPU);
    flat_.initialise(RandomStream(1, "model"));
    if (world.computes_in != at::kFloat) flat_.compute_in(world.computes_in);
    optimizer_ = make_adamw({.lr = 0.05, .weight_decay = 0.01}, {flat_});
    scheduler_ = make_cosine_annealing({.num_warmup_steps = 3}, optimizer_->base_lrs(), 20);
    if (world.averages) ema_ = make_ema({.decay = 0.9});
    std::vector<std::unique_ptr<Validation>> validations;
    if (world.validates) {
      validations.push_back(make_validation<Points>("", std::make_unique<ErrorOnAll>(weights_),
                                                    std::make_unique<PointReader>(3)));
    }
    TrainerParts parts{.regime = world.regime,
                       .config = world.config,
                       .parameters = flat_,
                       .optimizer = *optimizer_,
                       .lr_scheduler = *scheduler_,
                       .checkpoints = store_,
                       .stop = stop_,
                       .meeting = meeting_,
                       .gangs = gangs_,
                       .recorder = world.memory,
                       .config_text = world.config_text,
                       .samples = world.samples,
                       .profiler = world.profiler,
                       .profile_folder = world.folder.path() / "profile"};
    if (world.exports) {
      parts.export_model = [&world](std::int64_t step) { world.exported.push_back(step); };
    }
    if (ema_) parts.modifiers.push_back(ema_.get());
    auto change = [&world](std::int64_t batch, const at::Tensor& loss) {
      if (batch + 1 == world.stop_after) StopRequest().request();
      return world.change ? world.change(batch, loss) : loss;
    };
    trainer_ = make_standard_trainer(
        std::move(parts),
        make_source<Points>(
            std::make_unique<SquaredError>(weights_, change),
            std::make_unique<PointReader>(world.steps_an_epoch, world.batches_a_step)),
        std::move(validations));
  }

  // As train_main does.
  void to_its_end() {
    const StopOnSignals listening;
    trainer_->setup();
    resumed_ = trainer_->load_checkpoint();
    trainer_->train();
    trainer_->save_checkpoint();
    trainer_->cleanup();
  }

  bool resumed() const { return resumed_; }
  at::Tensor weight() const { return weights_.weight().detach().clone(); }
  CheckpointStore& store() { return store_; }

 private:
  static CheckpointRetention retention_of(const RegimeConfig& regime) {
    return {.keep_last_n = regime.keep_last_n_checkpoints,
            .keep_best_n = regime.keep_best_n_checkpoints};
  }

  TestWorld& world_;
  Weights weights_;
  nn::FlatParameters flat_;
  CheckpointStore store_;
  StopRequest stop_;
  Meeting meeting_{{}, std::chrono::seconds(1)};
  Gangs gangs_ = make_fake_gangs();
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<LrScheduler> scheduler_;
  std::unique_ptr<Modifier> ema_;
  std::unique_ptr<Trainer> trainer_;
  bool resumed_ = false;
};

inline at::Tensor run(TestWorld& world) {
  Process process(world);
  process.to_its_end();
  return process.weight();
}

inline double last(const TestWorld& world, const std::string& category, const std::string& name) {
  double value = std::numeric_limits<double>::quiet_NaN();
  for (const MetricRecord& record : world.memory.records) {
    for (const MetricValue& each : record.values) {
      if (record.category == category && each.name == name) value = each.value;
    }
  }
  return value;
}

}  // namespace roux
