#include "roux/base/error.h"
#include "roux/base/log.h"
#include "roux/recipe/recipe_parts.h"

namespace roux {
namespace {

// Runs `work` and then cleanup(), whatever happened. An error of cleanup() is the result only if
// the work had none: it is mostly the consequence.
template <typename T, typename Work>
void run_and_clean_up(T& what, const Work& work) {
  try {
    work();
  } catch (...) {
    try {
      what.cleanup();
    } catch (const std::exception& error) {
      log_warning("cleaning up after an error failed too: ", error.what());
    }
    throw;
  }
  what.cleanup();
}

class TrainJob final : public Job {
 public:
  explicit TrainJob(std::unique_ptr<Trainer> trainer) : trainer_(std::move(trainer)) {}

  void run() override {
    run_and_clean_up(*trainer_, [&] {
      trainer_->setup();
      trainer_->load_checkpoint();
      trainer_->train();
      trainer_->save_checkpoint();
    });
  }

  Trainer* trainer() override { return trainer_.get(); }

 private:
  std::unique_ptr<Trainer> trainer_;
};

class EvalJob final : public Job {
 public:
  explicit EvalJob(std::unique_ptr<Evaluator> evaluator) : evaluator_(std::move(evaluator)) {}

  void run() override {
    run_and_clean_up(*evaluator_, [&] {
      evaluator_->setup();
      evaluator_->evaluate();
    });
  }

 private:
  std::unique_ptr<Evaluator> evaluator_;
};

class GenerateJob final : public Job {
 public:
  explicit GenerateJob(std::unique_ptr<Generator> generator) : generator_(std::move(generator)) {}

  void run() override {
    run_and_clean_up(*generator_, [&] {
      generator_->setup();
      generator_->generate();
    });
  }

 private:
  std::unique_ptr<Generator> generator_;
};

template <typename T, typename Made>
std::unique_ptr<Job> wrap(std::unique_ptr<Made> made, const char* what) {
  if (!made) throw InternalError(cat(what, " returned nullptr"));
  return std::make_unique<T>(std::move(made));
}

}  // namespace

std::unique_ptr<Job> make_job(std::unique_ptr<Trainer> trainer) {
  return wrap<TrainJob>(std::move(trainer), "create_trainer()");
}

std::unique_ptr<Job> make_job(std::unique_ptr<Evaluator> evaluator) {
  return wrap<EvalJob>(std::move(evaluator), "create_evaluator()");
}

std::unique_ptr<Job> make_job(std::unique_ptr<Generator> generator) {
  return wrap<GenerateJob>(std::move(generator), "create_generator()");
}

}  // namespace roux
