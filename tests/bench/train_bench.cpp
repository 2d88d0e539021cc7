// Training beside others: takes steps on command, so that programs can take turns.
//
//   bench-train small|large float32|bfloat16
//
// Prints a line of JSON once its first step is done; then, for every line N on standard input,
// takes N steps and prints {"ms": [...]}; at its end the peak of its memory and the last loss.
// bfloat16 computes in it and keeps float32 masters. Everything between a batch and the new weights
// is what lm-train does: the model's loss, StepTaker, AdamW.
//
// Started as several ranks, each has batches of its own, and the last line tells how long a rank
// waited for the others in a step, and what share of the gradients was summed up before its
// backward pass was over.

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "bench/llama_shapes.h"
#include "recipe/torch_settings.h"
#include "roux/base/error.h"
#include "roux/base/program.h"
#include "roux/config/sections/common.h"
#include "roux/gang/gangs.h"
#include "roux/model/language_model.h"
#include "roux/nn/training_batch.h"
#include "roux/optim/lr_schedulers.h"
#include "roux/optim/optimizers.h"
#include "trainer/train_step.h"

namespace roux::bench {
namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point process_start = Clock::now();

constexpr std::size_t kBatches = 4;

// The same few batches of random tokens, in turn, and for ever.
class RandomBatches final : public BatchReader<nn::TrainingBatch> {
 public:
  RandomBatches(const LlamaShape& shape, int rank) {
    at::manual_seed(static_cast<std::uint64_t>(rank));
    std::vector<std::int64_t> begins;
    for (std::int64_t text = 0; text <= shape.texts; ++text) begins.push_back(text * shape.length);
    for (std::size_t i = 0; i < kBatches; ++i) {
      const at::Tensor ids =
          at::randint(shape.vocabulary, {shape.texts, shape.length + 1}, at::kLong);
      nn::TrainingBatch& batch = batches_.emplace_back();
      batch.tokens =
          nn::TokenBatch::packed(ids.narrow(1, 0, shape.length).contiguous().view(-1), begins);
      batch.targets = ids.narrow(1, 1, shape.length).contiguous().view(-1);
      batch.num_targets = shape.texts * shape.length;
    }
  }

  void begin_epoch(std::int64_t) override {}
  std::vector<nn::TrainingBatch> next_step() override { return {batches_[next_++ % kBatches]}; }
  Places save() const override { return {}; }
  void load(const Places&) override {}

 private:
  std::vector<nn::TrainingBatch> batches_;
  std::size_t next_ = 0;
};

class NextTokens final : public TrainUnit<nn::TrainingBatch> {
 public:
  explicit NextTokens(LanguageModel& model) : model_(model) {}

  BatchLoss process_batch(const nn::TrainingBatch& batch, MetricBag&) override {
    return {model_.loss(batch.tokens, batch.targets, {}, HeadGradient::WithLoss).sum,
            batch.num_targets};
  }

 private:
  LanguageModel& model_;
};

class Training {
 public:
  Training(const LlamaShape& shape, at::ScalarType dtype)
      : llama_(make_llama(shape, shape.length)),
        optimizer_(make_adamw(kAdamW, {*prepared(llama_, dtype).parameters})),
        lr_scheduler_(make_passthrough({}, optimizer_->base_lrs())),
        source_(make_source<nn::TrainingBatch>(
            std::make_unique<NextTokens>(*llama_.model),
            std::make_unique<RandomBatches>(shape, gangs_.root->rank()))),
        step_taker_(config_, *llama_.parameters, *optimizer_, *lr_scheduler_, gangs_) {
    step_taker_.setup();
  }

  std::int64_t num_parameters() const { return llama_.num_parameters(); }
  double loss() const { return loss_; }

  void step() {
    MetricBag metrics;
    const StepOutcome outcome = step_taker_.take(steps_++, *source_, source_->next_step(), metrics,
                                                 times_, [] { return false; });
    if (outcome.skipped) throw Error(cat("step ", steps_, " was skipped"));
    loss_ = outcome.loss;
    hidden_ += step_taker_.reducer().hidden_share();
  }

  int ranks() const { return gangs_.root->size(); }

  // Of a step, on average.
  double gang_ms() const { return times_.seconds(Phase::Gang) * 1e3 / static_cast<double>(steps_); }

  double hidden_share() const { return hidden_ / static_cast<double>(steps_); }

 private:
  inline static const AdamWConfig kAdamW{.lr = 3e-4, .betas = {0.9, 0.95}, .weight_decay = 0.1};

  static Llama& prepared(Llama& llama, at::ScalarType dtype) {
    llama.parameters->compute_in(dtype);
    llama.parameters->allocate_gradients();
    return llama;
  }

  Meeting meeting_{find_world(process_environment()), std::chrono::minutes(5)};
  Gangs gangs_ = make_gangs(meeting_, {.replicate = meeting_.world().size});
  TrainerConfig config_;
  Llama llama_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<LrScheduler> lr_scheduler_;
  std::unique_ptr<TrainSource> source_;
  StepTaker step_taker_;
  PhaseTimes times_;
  std::int64_t steps_ = 0;
  double loss_ = 0.0;
  double hidden_ = 0.0;  // of all steps together
};

void bench(const std::string& size, const std::string& dtype) {
  apply_torch_settings({});
  const LlamaShape shape = llama_shape(size);
  Training training(shape, dtype_of(dtype));
  training.step();
  const std::int64_t tokens = shape.texts * shape.length;
  std::cout.precision(10);
  std::cout << R"({"engine": "roux", "size": ")" << size << R"(", "params": )"
            << training.num_parameters() << R"(, "tokens": )" << tokens << R"(, "flops": )"
            << shape.flops_per_token() * static_cast<double>(tokens) << R"(, "first_loss": )"
            << training.loss() << R"(, "first_step_s": )"
            << std::chrono::duration<double>(Clock::now() - process_start).count() << "}\n"
            << std::flush;
  for (int count = 0; std::cin >> count;) {
    std::cout << R"({"ms": [)";
    for (int i = 0; i < count; ++i) {
      const auto start = Clock::now();
      training.step();
      std::cout << (i > 0 ? ", " : "")
                << std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }
    std::cout << "]}\n" << std::flush;
  }
  std::cout << R"({"peak_rss_mb": )" << (peak_memory() >> 20) << R"(, "loss": )" << training.loss();
  if (training.ranks() > 1) {
    std::cout << R"(, "gang_ms": )" << training.gang_ms() << R"(, "hidden": )"
              << training.hidden_share();
  }
  std::cout << "}\n";
}

}  // namespace
}  // namespace roux::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench-train small|large float32|bfloat16\n";
    return 2;
  }
  try {
    roux::bench::bench(argv[1], argv[2]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
  }
}
