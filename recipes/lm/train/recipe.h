#pragma once

#include <memory>

#include "config.h"
#include "roux/recipe/recipe.h"

namespace roux::lm {

// Trains a language model on texts: from scratch, or on from weights that are there.
class LMTrainRecipe final : public TrainRecipe {
 public:
  ConfigType config_kls() const override { return config_type<TrainConfig>(); }
  void register_into(di::Container& container) const override;
  std::unique_ptr<Trainer> create_trainer(RecipeContext& context) const override;
};

}  // namespace roux::lm
