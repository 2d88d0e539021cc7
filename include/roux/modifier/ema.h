#pragma once

#include <memory>

#include "roux/config/fields.h"
#include "roux/modifier/modifier.h"

namespace roux {

// [[modifiers]] with name = "ema": a moving average of the parameters, which stands for the model
// wherever it is used and not trained.
struct EmaConfig {
  double decay = 0.999;
  bool warmup = true;

  static void describe(config::Fields<EmaConfig>& field);
};

std::unique_ptr<Modifier> make_ema(const EmaConfig& config);

}  // namespace roux
