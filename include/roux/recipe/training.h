#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "roux/recipe/context.h"
#include "roux/trainer/standard_trainer.h"
#include "roux/trainer/train_source.h"
#include "roux/trainer/trainer.h"

namespace roux::di {
class Container;
}  // namespace roux::di

namespace roux {

// What a recipe that trains a language model calls in its register_into(), after register_models():
// the model that [model] names, on its flat parameters, with what [trainer] and [[modifiers]] make
// of it; its tokenizer; [optimizer] and [lr_scheduler]; checkpoints and metrics in the output
// folder.
void register_training(di::Container& container);

// The trainer of a recipe that called register_training().
std::unique_ptr<Trainer> make_trainer(RecipeContext& context, std::unique_ptr<TrainSource> source,
                                      std::vector<std::unique_ptr<Validation>> validations,
                                      std::optional<SampleSchedule> samples = std::nullopt);

}  // namespace roux
