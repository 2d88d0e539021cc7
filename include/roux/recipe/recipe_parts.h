#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "roux/recipe/recipe.h"

namespace roux {

// What a recipe's trainer, evaluator or generator does, from its first call to its last.
class Job {
 public:
  virtual ~Job() = default;

  virtual void run() = 0;

  // The trainer, if it is one.
  virtual Trainer* trainer() { return nullptr; }
};

std::unique_ptr<Job> make_job(std::unique_ptr<Trainer> trainer);
std::unique_ptr<Job> make_job(std::unique_ptr<Evaluator> evaluator);
std::unique_ptr<Job> make_job(std::unique_ptr<Generator> generator);

// A recipe without its class: what the code behind train_main() and its siblings, compiled once,
// needs to know of it.
struct RecipeParts {
  std::function<ConfigType()> config_kls;
  std::function<void(di::Container&)> register_into;
  std::function<std::unique_ptr<Job>(RecipeContext&)> create_job;
  bool saves_checkpoints = false;
  std::vector<Shortcut> shortcuts;
};

namespace detail {

// `create` makes the trainer, evaluator or generator of a recipe.
template <typename R, typename Create>
RecipeParts recipe_parts(std::shared_ptr<const R> recipe, Create create,
                         bool saves_checkpoints = false) {
  std::vector<Shortcut> shortcuts;
  if constexpr (requires { recipe->shortcuts(); }) shortcuts = recipe->shortcuts();
  return {[recipe]() -> ConfigType { return recipe->config_kls(); },
          [recipe](di::Container& container) { recipe->register_into(container); },
          [recipe, create](RecipeContext& context) { return make_job(create(*recipe, context)); },
          saves_checkpoints, std::move(shortcuts)};
}

}  // namespace detail

template <TrainRecipeLike R>
RecipeParts train_parts(std::shared_ptr<const R> recipe) {
  return detail::recipe_parts(
      recipe,
      [](const R& made, RecipeContext& context) -> std::unique_ptr<Trainer> {
        return made.create_trainer(context);
      },
      /*saves_checkpoints=*/true);
}

template <EvalRecipeLike R>
RecipeParts eval_parts(std::shared_ptr<const R> recipe) {
  return detail::recipe_parts(
      recipe, [](const R& made, RecipeContext& context) -> std::unique_ptr<Evaluator> {
        return made.create_evaluator(context);
      });
}

template <GenerateRecipeLike R>
RecipeParts generate_parts(std::shared_ptr<const R> recipe) {
  return detail::recipe_parts(
      recipe, [](const R& made, RecipeContext& context) -> std::unique_ptr<Generator> {
        return made.create_generator(context);
      });
}

}  // namespace roux
