#pragma once

#include <memory>
#include <vector>

#include "config.h"
#include "roux/recipe/recipe.h"

namespace roux::lm {

// Goes on with texts, or chats.
class LMGenerateRecipe final : public GenerateRecipe {
 public:
  ConfigType config_kls() const override { return config_type<GenerateConfig>(); }
  void register_into(di::Container& container) const override;
  std::vector<Shortcut> shortcuts() const override;
  std::unique_ptr<Generator> create_generator(RecipeContext& context) const override;
};

}  // namespace roux::lm
