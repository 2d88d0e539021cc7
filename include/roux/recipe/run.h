#pragma once

#include <filesystem>
#include <memory>

#include "roux/config/fields.h"
#include "roux/recipe/recipe_parts.h"

namespace roux {

struct WiredRecipe;

// A run that is over, with everything it built still alive.
class FinishedRun {
 public:
  FinishedRun(std::unique_ptr<WiredRecipe> wired, std::unique_ptr<Job> job);
  FinishedRun(FinishedRun&&) noexcept;
  ~FinishedRun();

  // What the run was made of: get<Model>().
  template <typename T>
  di::Object<T>& get() const {
    return resolver().get<T>();
  }

  const di::Resolver& resolver() const;

  // Requires: it was a training run.
  Trainer& trainer() const;

 private:
  std::unique_ptr<WiredRecipe> wired_;
  std::unique_ptr<Job> job_;  // before wired_: a job uses what is wired
};

namespace detail {

FinishedRun run(const RecipeParts& recipe, const void* config, ConfigType type,
                const std::filesystem::path& output_dir);

}  // namespace detail

// Runs a recipe without a command line, with a config made in code, and returns what it made:
//
//   auto run = roux::run(LMTrainRecipe(), config, "/tmp/out");
//   Model& model = run.get<Model>();
//
// Throws what the recipe throws; ConfigError with every problem if the config is wrong. Signals are
// left to the caller; logging is as it is.
template <TrainRecipeLike R, config::Described C>
FinishedRun run(const R& recipe, const C& config, const std::filesystem::path& output_dir) {
  return detail::run(train_parts(std::make_shared<const R>(recipe)), &config, config_type<C>(),
                     output_dir);
}

template <EvalRecipeLike R, config::Described C>
FinishedRun run(const R& recipe, const C& config, const std::filesystem::path& output_dir) {
  return detail::run(eval_parts(std::make_shared<const R>(recipe)), &config, config_type<C>(),
                     output_dir);
}

template <GenerateRecipeLike R, config::Described C>
FinishedRun run(const R& recipe, const C& config, const std::filesystem::path& output_dir) {
  return detail::run(generate_parts(std::make_shared<const R>(recipe)), &config, config_type<C>(),
                     output_dir);
}

}  // namespace roux
