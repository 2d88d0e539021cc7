#pragma once

#include <array>
#include <cstdint>
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

// One entry of [optimizer.config] groups, for sgd.
struct SgdGroupConfig {
  std::vector<std::string> params;
  std::optional<double> lr;
  std::optional<double> momentum;
  std::optional<double> dampening;
  std::optional<double> weight_decay;

  static void describe(config::Fields<SgdGroupConfig>& field);
};

// [optimizer.config] with name = "sgd": gradient descent with momentum, as PyTorch has it: the
// weight decay is added to the gradient, and the first step's momentum is the gradient itself.
struct SgdConfig {
  double lr = 1e-3;
  double momentum = 0.0;
  double dampening = 0.0;
  double weight_decay = 0.0;
  bool nesterov = false;
  bool maximize = false;
  std::vector<SgdGroupConfig> groups;

  static void describe(config::Fields<SgdConfig>& field);
  void validate(config::Problems& problems) const;
};

// One entry of [optimizer.config] groups, for lion.
struct LionGroupConfig {
  std::vector<std::string> params;
  std::optional<double> lr;
  std::optional<std::array<double, 2>> betas;
  std::optional<double> weight_decay;

  static void describe(config::Fields<LionGroupConfig>& field);
};

// [optimizer.config] with name = "lion": steps of one size, in the direction of the momentum's sign
// (arXiv:2302.06675). Wants a rate 3 to 10 times smaller than adamw's, and a weight decay as much
// larger.
struct LionConfig {
  double lr = 1e-4;
  std::array<double, 2> betas = {0.9, 0.99};
  double weight_decay = 0.0;
  bool maximize = false;
  std::vector<LionGroupConfig> groups;

  static void describe(config::Fields<LionConfig>& field);
};

// How Muon's rate depends on a matrix's shape.
enum class MuonLrAdjustment {
  Original,       // sqrt(max(1, rows / columns))
  MatchRmsAdamW,  // 0.2 sqrt(max(rows, columns)): steps as large as AdamW's
};

// What the Newton-Schulz iteration computes with.
enum class MuonPrecision { BFloat16, Float32 };

void describe(config::EnumValues<MuonLrAdjustment>& value);
void describe(config::EnumValues<MuonPrecision>& value);

// One entry of [optimizer.config] groups, for muon. Its parameters all have the one update or all
// the other: `use_muon` says which, where their shapes don't.
struct MuonGroupConfig {
  std::vector<std::string> params;
  std::optional<bool> use_muon;
  std::optional<double> lr;
  std::optional<double> weight_decay;
  std::optional<double> momentum;              // Muon's
  std::optional<std::array<double, 2>> betas;  // AdamW's
  std::optional<double> eps;                   // AdamW's

  static void describe(config::Fields<MuonGroupConfig>& field);
};

// [optimizer.config.adamw] of muon: for what is no matrix of a block.
struct MuonAdamWConfig {
  double lr = 3e-4;
  std::array<double, 2> betas = {0.9, 0.95};
  double eps = 1e-8;
  double weight_decay = 0.1;

  static void describe(config::Fields<MuonAdamWConfig>& field);
};

// [optimizer.config] with name = "muon": the momentum of each matrix is made orthogonal before it
// is subtracted (kellerjordan.github.io/posts/muon). Matrices of the model's blocks, and stacks of
// them (a mixture's experts), are updated so; embeddings, norms, biases and the output projection
// by AdamW.
struct MuonConfig {
  double lr = 1e-3;
  double weight_decay = 0.1;
  double momentum = 0.95;
  bool nesterov = true;
  std::array<double, 3> ns_coefficients = {3.4445, -4.7750, 2.0315};
  double eps = 1e-7;
  std::int64_t ns_steps = 5;
  MuonPrecision ns_dtype = MuonPrecision::BFloat16;
  MuonLrAdjustment adjust_lr_fn = MuonLrAdjustment::Original;
  MuonAdamWConfig adamw;
  std::vector<MuonGroupConfig> groups;

  static void describe(config::Fields<MuonConfig>& field);
};

// [optimizer.config] with name = "adamw8bit": AdamW whose two states are kept in 8 bits a number,
// in blocks of 256 with a scale each (arXiv:2110.02861).
struct AdamW8bitConfig {
  double lr = 1e-3;
  std::array<double, 2> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.0;
  bool maximize = false;
  std::int64_t min_8bit_size = 4096;
  std::vector<AdamWGroupConfig> groups;

  static void describe(config::Fields<AdamW8bitConfig>& field);
};

}  // namespace roux
