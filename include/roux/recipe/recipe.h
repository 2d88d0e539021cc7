#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "roux/config/fields.h"
#include "roux/recipe/context.h"
#include "roux/trainer/evaluator.h"
#include "roux/trainer/generator.h"
#include "roux/trainer/trainer.h"

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// An option of a recipe's command line that sets a key of its config: {"--interactive",
// "generator.interactive=true", "ask for prompts on the terminal"}.
struct Shortcut {
  std::string option;
  std::string config;
  std::string help;
};

// One way of training, evaluating or generating: a config, what it registers of its own, and the
// trainer (or evaluator, or generator) it makes. Made with its default constructor and without
// state: everything a run needs comes through the context.
class Recipe {
 public:
  virtual ~Recipe() = default;

  // The struct that its config is read into; its default values are the recipe's own.
  virtual ConfigType config_kls() const = 0;

  // Registers the recipe's components, and replaces or decorates the framework's. Called last, when
  // every default is there.
  virtual void register_into(di::Container&) const {}

  // For what its users type often.
  virtual std::vector<Shortcut> shortcuts() const { return {}; }
};

class TrainRecipe : public Recipe {
 public:
  virtual std::unique_ptr<Trainer> create_trainer(RecipeContext& context) const = 0;
};

class EvalRecipe : public Recipe {
 public:
  virtual std::unique_ptr<Evaluator> create_evaluator(RecipeContext& context) const = 0;
};

class GenerateRecipe : public Recipe {
 public:
  virtual std::unique_ptr<Generator> create_generator(RecipeContext& context) const = 0;
};

// Any class of this shape is a recipe; deriving from the classes above is a convenience.
template <typename R>
concept RecipeLike = std::default_initializable<R> &&
    requires(const R& recipe, di::Container& container) {
  { recipe.config_kls() } -> std::convertible_to<ConfigType>;
  recipe.register_into(container);
};

template <typename R>
concept TrainRecipeLike = RecipeLike<R> && requires(const R& recipe, RecipeContext& context) {
  { recipe.create_trainer(context) } -> std::convertible_to<std::unique_ptr<Trainer>>;
};

template <typename R>
concept EvalRecipeLike = RecipeLike<R> && requires(const R& recipe, RecipeContext& context) {
  { recipe.create_evaluator(context) } -> std::convertible_to<std::unique_ptr<Evaluator>>;
};

template <typename R>
concept GenerateRecipeLike = RecipeLike<R> && requires(const R& recipe, RecipeContext& context) {
  { recipe.create_generator(context) } -> std::convertible_to<std::unique_ptr<Generator>>;
};

}  // namespace roux
