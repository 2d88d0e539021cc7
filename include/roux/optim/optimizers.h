#pragma once

#include <memory>

#include "roux/base/random.h"
#include "roux/optim/optimizer.h"
#include "roux/optim/optimizer_config.h"

namespace roux {

namespace nn {
class FlatParameters;
}  // namespace nn

// What an optimizer works on. The parameters must outlive it.
struct OptimizerParts {
  nn::FlatParameters& parameters;

  // Each step rounds by a child of its own.
  RandomStream random{0, "optimizer"};

  // Parameters of bfloat16 without float32 masters are rounded up or down by chance, as near as
  // each is, so that steps too small for them are not lost.
  bool stochastic_rounding = true;
};

// All work on what FlatGroup::exact() gives, and round it into `values` in the same pass where
// there are masters. Sums and states are float32, or float64 for parameters of float64. The same
// bits whatever the number of threads. CPU only.
//
// Memory for states is taken at the first step, or by state(). Before that, the parameters must be
// materialised; at each step they must have gradients.
//
// All throw ConfigError for a pattern of `groups` that no parameter's name begins with, and for one
// that is no regular expression.
std::unique_ptr<Optimizer> make_adamw(const AdamWConfig& config, const OptimizerParts& parts);
std::unique_ptr<Optimizer> make_adamw8bit(const AdamW8bitConfig& config,
                                          const OptimizerParts& parts);
std::unique_ptr<Optimizer> make_sgd(const SgdConfig& config, const OptimizerParts& parts);
std::unique_ptr<Optimizer> make_lion(const LionConfig& config, const OptimizerParts& parts);
std::unique_ptr<Optimizer> make_adafactor(const AdafactorConfig& config,
                                          const OptimizerParts& parts);
std::unique_ptr<Optimizer> make_muon(const MuonConfig& config, const OptimizerParts& parts);

}  // namespace roux
