#pragma once

#include <optional>

#include "config.h"
#include "roux/recipe/context.h"
#include "roux/trainer/standard_trainer.h"

namespace roux::lm {

// What [samples] asks for; nothing where it has no prompts.
std::optional<SampleSchedule> make_samples(RecipeContext& context);

}  // namespace roux::lm
