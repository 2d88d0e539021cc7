#pragma once

#include <memory>

#include "roux/config/choice.h"
#include "roux/config/sections/common.h"
#include "roux/recipe/recipe.h"
#include "trainer.h"
#include "valley.h"

// The whole config. Its values here are the recipe's defaults; presets, files and the command line
// go over them.
struct SkeletonConfig {
  roux::Choice<Valley> valley{"canyon", CanyonConfig{}};
  RegimeConfig regime;
  roux::CommonConfig common;

  static void describe(roux::config::Fields<SkeletonConfig>& field);
};

class SkeletonRecipe final : public roux::TrainRecipe {
 public:
  roux::ConfigType config_kls() const override { return roux::config_type<SkeletonConfig>(); }
  void register_into(roux::di::Container& container) const override;
  std::unique_ptr<roux::Trainer> create_trainer(roux::RecipeContext& context) const override;
};
