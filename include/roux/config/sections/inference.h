#pragma once

#include "roux/config/fields.h"

namespace roux {

// [evaluator]: how a recipe that only evaluates computes.
struct EvaluatorConfig {
  bool amp = false;
  DType amp_dtype = DType::Float32;

  static void describe(config::Fields<EvaluatorConfig>& field);
};

// [generator]: how a recipe that generates computes.
struct GeneratorConfig {
  bool amp = false;
  DType amp_dtype = DType::Float32;

  static void describe(config::Fields<GeneratorConfig>& field);
};

}  // namespace roux
