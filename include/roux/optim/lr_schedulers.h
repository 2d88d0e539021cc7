#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "roux/optim/lr_scheduler_config.h"

namespace roux {

// The schedules, for an optimizer whose groups have `base_lrs` (Optimizer::base_lrs()). Numbers are
// fairseq2's. One that ends with the run wants the run's length, and stays at its final rate after.
//
// All throw ConfigError where a list has not a rate for each group, or the run's length is wanted
// and unset.
std::unique_ptr<LrScheduler> make_passthrough(const PassthroughConfig& config,
                                              std::vector<double> base_lrs);
std::unique_ptr<LrScheduler> make_cosine_annealing(const CosineAnnealingConfig& config,
                                                   std::vector<double> base_lrs,
                                                   std::optional<std::int64_t> num_steps);
std::unique_ptr<LrScheduler> make_myle(const MyleConfig& config, std::vector<double> base_lrs);
std::unique_ptr<LrScheduler> make_noam(const NoamConfig& config, std::vector<double> base_lrs);
std::unique_ptr<LrScheduler> make_polynomial_decay(const PolynomialDecayConfig& config,
                                                   std::vector<double> base_lrs,
                                                   std::optional<std::int64_t> num_steps);
std::unique_ptr<LrScheduler> make_tri_stage(const TriStageConfig& config,
                                            std::vector<double> base_lrs,
                                            std::optional<std::int64_t> num_steps);
std::unique_ptr<LrScheduler> make_wsd(const WsdConfig& config, std::vector<double> base_lrs,
                                      std::optional<std::int64_t> num_steps);

}  // namespace roux
