#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "roux/config/choice.h"
#include "roux/config/fields.h"

namespace roux {

class Optimizer;

// [optimizer]
using OptimizerSection = config::Choice<Optimizer>;

// One entry of [optimizer.config] groups, for adamw: parameters with settings of their own. What is
// unset is the optimizer's.
struct AdamWGroupConfig {
  std::vector<std::string> params;
  std::optional<double> lr;
  std::optional<std::array<double, 2>> betas;
  std::optional<double> eps;
  std::optional<double> weight_decay;

  static void describe(config::Fields<AdamWGroupConfig>& field);
};

// [optimizer.config] with name = "adamw": Adam with decoupled weight decay (arXiv:1711.05101).
struct AdamWConfig {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.0;
  bool amsgrad = false;
  bool maximize = false;
  std::vector<AdamWGroupConfig> groups;

  static void describe(config::Fields<AdamWConfig>& field);
};

// One entry of [optimizer.config] groups, for adafactor.
struct AdafactorGroupConfig {
  std::vector<std::string> params;
  std::optional<double> lr;
  std::optional<double> beta2_decay;
  std::optional<double> d;
  std::optional<double> weight_decay;

  static void describe(config::Fields<AdafactorGroupConfig>& field);
};

// Both regularise: the first is added to squared gradients, the second bounds the step from below.
struct AdafactorEpsConfig {
  std::optional<double> square;
  double scale = 1e-3;

  static void describe(config::Fields<AdafactorEpsConfig>& field);
};

// [optimizer.config] with name = "adafactor": second moments kept as rows and columns
// (arXiv:1804.04235).
struct AdafactorConfig {
  double lr = 1e-2;
  double beta2_decay = -0.8;
  AdafactorEpsConfig eps;
  double d = 1.0;
  double weight_decay = 0.0;
  bool maximize = false;
  std::vector<AdafactorGroupConfig> groups;

  static void describe(config::Fields<AdafactorConfig>& field);
};

}  // namespace roux
