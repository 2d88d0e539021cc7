#pragma once

#include <memory>

#include "data.h"
#include "descent.h"
#include "roux/config/choice.h"
#include "roux/config/sections/common.h"
#include "roux/recipe/recipe.h"
#include "trainer.h"

namespace line {

struct LineConfig {
  DataConfig data;
  roux::Choice<Descent> descent{"momentum", MomentumConfig{}};
  RegimeConfig regime;
  roux::CommonConfig common;

  static void describe(roux::config::Fields<LineConfig>& field);
};

class LineRecipe final : public roux::TrainRecipe {
 public:
  roux::ConfigType config_kls() const override { return roux::config_type<LineConfig>(); }
  void register_into(roux::di::Container& container) const override;
  std::unique_ptr<roux::Trainer> create_trainer(roux::RecipeContext& context) const override;
};

}  // namespace line
